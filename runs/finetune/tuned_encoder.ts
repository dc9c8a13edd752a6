import { resolve } from "node:path";
import { whatIsAt } from "../../engine/files/files.ts";
import { finetune, type FinetuneOptions, type FinetuneRequest, resumeFinetune } from "./finetune.ts";
import { FinetuneFolder } from "./finetune_folder.ts";

/** SimCSE as document 004 has it: each text is a pair with itself, and dropout makes the two differ. */
export const simcse = { pairs: "texts", loss: "mnr", epochs: 3, batch: 64, lr: 2e-5 } as const;

/**
 * The name of a tuned encoder: of the one that lies in the folder already, or else of what fine-tuning makes there, which
 * goes on where it was stopped.
 *
 * @returns null when the signal stopped it; all is saved then
 * @throws MetrogradError as `finetune` does
 */
export async function tunedEncoder(
  { out, ...request }: FinetuneRequest,
  options: FinetuneOptions,
): Promise<string | null> {
  const { path, work } = new FinetuneFolder(out), name = `gpu:${resolve(path)}`;
  if (await whatIsAt(path) === "folder") {
    options.note?.(`The encoder that was tuned before, in ${path}, is used; remove it to tune again.`);
    return name;
  }
  const stopped = await whatIsAt(work) === "folder";
  const { finished } = stopped ? await resumeFinetune(out, options) : await finetune({ ...request, out }, options);
  return finished ? name : null;
}
