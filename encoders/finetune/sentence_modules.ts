import { join } from "node:path";
import { whatIsAt, writeAtomically } from "../../engine/files/files.ts";
import { poolingSettings } from "../model_folder/pooling.ts";
import { poolingOf } from "../model_folder/sentence_head.ts";
import type { SentenceEncoder } from "../network/sentence_encoder.ts";

/** Adds sentence-transformers' files to the folder of an encoder, where its own folder lacked them. */
export async function addSentenceModules(folder: string, { head, network }: SentenceEncoder): Promise<void> {
  const add = async (path: string, value: unknown) => {
    if (await whatIsAt(path) === "nothing") await writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`);
  };
  await add(join(folder, "1_Pooling", "config.json"), poolingSettings(poolingOf(head), network.encoder.config.width));
  const saved = head.modules.filter(({ kind }) => kind !== "truncate"), normalizes = saved.at(-1)!.kind === "normalize";
  const paths = ["", "1_Pooling", ...normalizes ? ["2_Normalize"] : []];
  // A folder with a dense layer has the list.
  const modules = paths.map((path, idx) => {
    const kind = path === "" ? "Transformer" : path.slice(2);
    return { idx, name: String(idx), path, type: `sentence_transformers.models.${kind}` };
  });
  await add(join(folder, "modules.json"), modules);
  if (normalizes) await Deno.mkdir(join(folder, `${saved.length}_Normalize`), { recursive: true });
}
