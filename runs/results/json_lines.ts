import { appendToFile, readFileOrExplain, writeAtomically } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";

/** Adds a line to a file of JSON lines and flushes it to the disk. The file is made when it is missing. */
export async function appendJsonLine(path: string, value: unknown): Promise<void> {
  await appendToFile(path, `${JSON.stringify(value)}\n`);
}

/**
 * Reads a file of JSON lines. A last line without its line end is one whose writing was cut short: it is left out.
 *
 * @throws DataError when the file is missing, or naming the line when a finished line is no JSON
 */
export async function readJsonLines(path: string): Promise<unknown[]> {
  const text = new TextDecoder().decode(await readFileOrExplain(path, "a file of JSON lines"));
  return text.split("\n").slice(0, -1).map((line, index) => {
    try {
      return JSON.parse(line);
    } catch (error) {
      const found = JSON.stringify(line.slice(0, 40));
      throw new DataError(`${path}, line ${index + 1} is ${found}; JSON is expected.`, { cause: error });
    }
  });
}

/** Cuts a file of JSON lines down to its first lines; a missing file has none. */
export async function keepJsonLines(path: string, count: number): Promise<unknown[]> {
  const missing = await Deno.stat(path).then(() => false, (error) => {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  });
  const kept = missing ? [] : (await readJsonLines(path)).slice(0, count);
  await writeAtomically(path, kept.map((value) => `${JSON.stringify(value)}\n`).join(""));
  return kept;
}
