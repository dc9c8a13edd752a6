import { fileURLToPath } from "node:url";

/**
 * A call of a command, as it works for whoever reads it: `deno task predict` within a clone, `metrograd predict` where the
 * command is installed, `npx metrograd predict` from the package for npm.
 *
 * @param words the command and its options
 */
export function callOf(words: string): string {
  return `${calledAs()} ${words}`;
}

/** What stands before the name of a command. */
export function calledAs(): string {
  return words ??= wordsFor(import.meta.url, workingFolder());
}

let words: string | undefined;

/**
 * What stands before the name of a command.
 *
 * @param module where this module lies
 * @param folder the working folder; null where it may not be known
 */
export function wordsFor(module: string, folder: string | null): string {
  // The package holds JavaScript.
  if (module.endsWith(".js")) return "npx metrograd";
  if (folder === null || !module.startsWith("file:")) return "deno task";
  const clone = fileURLToPath(new URL("../..", module));
  return `${folder}/`.replaceAll("\\", "/").startsWith(clone.replaceAll("\\", "/")) ? "deno task" : "metrograd";
}

function workingFolder(): string | null {
  try {
    return Deno.cwd();
  } catch {
    // Not permitted.
    return null;
  }
}
