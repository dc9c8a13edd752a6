import { isSubmission } from "../../data/submission.ts";
import { whatIsAt } from "../../engine/files/files.ts";
import { UsageError } from "../../kernels/errors.ts";

/** @throws UsageError when there is something at a path that a command would write to; an empty folder is nothing */
export async function refuseExisting(path: string, option: string, force: boolean): Promise<void> {
  if (force || await whatIsAt(path) === "nothing") return;
  throw new UsageError(`${option} ${path} exists already; name another, or add --force to replace it.`);
}

/**
 * Checks a CSV file that `predict` would write to: an earlier submission is replaced, all else is refused.
 *
 * @returns true when there is a submission
 * @throws UsageError when there is something else, unless it is to be replaced
 */
export async function holdsSubmission(path: string, force: boolean): Promise<boolean> {
  if (await whatIsAt(path) === "file" && isSubmission(await firstLine(path))) return true;
  await refuseExisting(path, "--out", force);
  return false;
}

async function firstLine(path: string): Promise<string> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(4096);
  return new TextDecoder().decode(bytes.subarray(0, await file.read(bytes) ?? 0));
}

/** The first of `parent/name-1`, `parent/name-2` ... that is not there yet. */
export async function nextFree(parent: string, name: string): Promise<string> {
  for (let number = 1;; number++) {
    const path = `${parent}/${name}-${number}`;
    if (await whatIsAt(path) === "nothing") return path;
  }
}
