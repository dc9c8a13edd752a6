import { UsageError } from "../kernels/errors.ts";

/** @throws UsageError when there is something at a path that a command would write to; an empty folder is nothing */
export async function refuseExisting(path: string, option: string, force: boolean): Promise<void> {
  if (force || await isFree(path)) return;
  throw new UsageError(`${option} ${path} exists already; name another, or add --force to replace it.`);
}

/** The first of `parent/name-1`, `parent/name-2` ... that is not there yet. */
export async function nextFree(parent: string, name: string): Promise<string> {
  for (let number = 1;; number++) {
    const path = `${parent}/${name}-${number}`;
    if (await isFree(path)) return path;
  }
}

async function isFree(path: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(path)) return false;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}
