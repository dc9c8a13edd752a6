import { readFileOrExplain, whatIsAt, writeAtomically } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";

/** What is measured already, by the name of the cell; nothing where the file is not there yet. @throws DataError */
export async function readResults<Result>(file: string): Promise<Record<string, Result>> {
  if (await whatIsAt(file) === "nothing") return {};
  const text = new TextDecoder().decode(await readFileOrExplain(file, "a JSON object of results"));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(`${file} is not valid JSON: ${(error as Error).message}; delete it to begin anew.`, {
      cause: error,
    });
  }
}

/** Writes what is measured, a cell a line. */
export async function writeResults(file: string, results: Readonly<Record<string, unknown>>): Promise<void> {
  const lines = Object.entries(results).map(([name, result]) => `${JSON.stringify(name)}: ${JSON.stringify(result)}`);
  await writeAtomically(file, `{\n${lines.join(",\n")}\n}\n`);
}
