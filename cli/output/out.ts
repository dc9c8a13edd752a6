import { scoreFileMaker } from "../../data/score_files/parquet_pieces.ts";
import { isJsonOfScores } from "../../data/score_files/text_lines.ts";
import { isSubmission } from "../../data/submission.ts";
import { whatIsAt } from "../../engine/files/files.ts";
import { UsageError } from "../../kernels/errors.ts";

/** @throws UsageError when there is something at a path that a command would write to; an empty folder is nothing */
export async function refuseExisting(path: string, option: string, force: boolean): Promise<void> {
  if (force || await whatIsAt(path) === "nothing") return;
  throw new UsageError(`${option} ${path} exists already; name another, or add --force to replace it.`);
}

/**
 * Checks a file that `predict` would write to: an earlier submission, as CSV, is replaced, all else is refused.
 *
 * @returns true when there is a submission
 * @throws UsageError when there is something else, unless it is to be replaced
 */
export async function holdsSubmission(path: string, force: boolean): Promise<boolean> {
  if (await whatIsAt(path) === "file" && await isFileOfScores(path)) return true;
  await refuseExisting(path, "--out", force);
  return false;
}

/** True for a file that `predict` wrote, by its first line; Parquet says in its last bytes who made it. */
async function isFileOfScores(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const textAt = async (byte: number) => {
    const bytes = new Uint8Array(lookedAt);
    await file.seek(byte, Deno.SeekMode.Start);
    return new TextDecoder().decode(bytes.subarray(0, await file.read(bytes) ?? 0));
  };
  const head = await textAt(0);
  if (!head.startsWith("PAR1")) return isSubmission(head) || isJsonOfScores(head);
  return (await textAt(Math.max((await file.stat()).size - lookedAt, 0))).includes(scoreFileMaker);
}

/** Bytes at the beginning or the end of a file that are looked at. */
const lookedAt = 4096;

/** The first of `parent/name-1`, `parent/name-2` ... that is not there yet. */
export async function nextFree(parent: string, name: string): Promise<string> {
  for (let number = 1;; number++) {
    const path = `${parent}/${name}-${number}`;
    if (await whatIsAt(path) === "nothing") return path;
  }
}
