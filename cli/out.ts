import { whatIsAt } from "../engine/files.ts";
import { UsageError } from "../kernels/errors.ts";

/** @throws UsageError when there is something at a path that a command would write to; an empty folder is nothing */
export async function refuseExisting(path: string, option: string, force: boolean): Promise<void> {
  if (force || await whatIsAt(path) === "nothing") return;
  throw new UsageError(`${option} ${path} exists already; name another, or add --force to replace it.`);
}

/** The first of `parent/name-1`, `parent/name-2` ... that is not there yet. */
export async function nextFree(parent: string, name: string): Promise<string> {
  for (let number = 1;; number++) {
    const path = `${parent}/${name}-${number}`;
    if (await whatIsAt(path) === "nothing") return path;
  }
}
