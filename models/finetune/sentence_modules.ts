import { join } from "node:path";
import { whatIsAt, writeAtomically } from "../../engine/files.ts";
import type { SentenceEncoder } from "../encoder/sentence_encoder.ts";

const modes = { cls: "cls_token", mean: "mean_tokens", max: "max_tokens" } as const;

/** Adds sentence-transformers' files to the folder of an encoder, where its own folder lacked them. */
export async function addSentenceModules(folder: string, { head, network }: SentenceEncoder): Promise<void> {
  const add = async (path: string, value: unknown) => {
    if (await whatIsAt(path) === "nothing") await writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`);
  };
  await add(join(folder, "1_Pooling", "config.json"), {
    word_embedding_dimension: network.encoder.config.width,
    ...Object.fromEntries(Object.entries(modes).map(([name, mode]) => [`pooling_mode_${mode}`, name === head.pooling])),
  });
  const paths = ["", "1_Pooling", ...head.normalize ? ["2_Normalize"] : []];
  // A folder with a dense layer has the list.
  const modules = paths.map((path, idx) => {
    const kind = path === "" ? "Transformer" : path.slice(2);
    return { idx, name: String(idx), path, type: `sentence_transformers.models.${kind}` };
  });
  await add(join(folder, "modules.json"), modules);
  if (head.normalize) await Deno.mkdir(join(folder, `${head.dense.length + 2}_Normalize`), { recursive: true });
}
