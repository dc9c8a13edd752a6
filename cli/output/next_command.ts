import { basename, dirname, join } from "node:path";
import { callOf } from "../../data/files/called_as.ts";
import { shellWord } from "../../data/files/shell_word.ts";
import { dataWords } from "../../data/reading.ts";
import { whatIsAt } from "../../engine/files/files.ts";
import type { RunConfig } from "../../runs/run_folder.ts";

/** The call of `predict` that goes on from a run, with files that are there: it runs as it is printed. */
export async function nextCommand(
  folder: string,
  { files }: Pick<RunConfig, "files">,
  target?: string | undefined,
): Promise<string> {
  if (files === null) {
    return callOf(`predict --run ${shellWord(folder)} --data ${shellWord(join(folder, "sample", "test.json"))}`);
  }
  const { data: trained, reading } = files;
  const data = target ?? (typeof trained === "string" ? await firstThere(testNames(trained)) : null) ?? trained;
  const embeddings = files.embeddings === null
    ? null
    : data === trained
    ? files.embeddings
    : await firstThere(testNames(files.embeddings));
  // Embeddings of other records would be refused.
  const known = files.embeddings !== null && embeddings === null ? trained : data;
  return callOf(`predict --run ${shellWord(folder)} ${dataWords(known, reading)}`) +
    (files.embeddings === null ? "" : ` --embeddings ${shellWord(embeddings ?? files.embeddings)}`);
}

/** What the test set beside a train set may be called. */
function testNames(path: string): string[] {
  const name = basename(path), test = name.replace("train", "test");
  return test === name ? [] : [join(dirname(path), test)];
}

async function firstThere(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) if (await whatIsAt(path) !== "nothing") return path;
  return null;
}
