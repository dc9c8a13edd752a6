import { readFileOrExplain } from "../engine/files.ts";
import { DataError } from "../kernels/errors.ts";
import type { NoteTaker } from "./note_taker.ts";
import { decodeText } from "./text_decoding.ts";

/**
 * Reads what metrics mean: a JSON object with a text for each name.
 *
 * @returns texts by name, in the order of the file
 * @throws DataError when the file is no such object, is empty or holds anything but texts
 */
export async function readMetricDefinitions(
  path: string,
  onNote: NoteTaker = () => {},
): Promise<ReadonlyMap<string, string>> {
  const decoded = decodeText(await readFileOrExplain(path, "a JSON object of metric definitions"), path, onNote);
  const { damage } = decoded;
  if (damage) throw new DataError(`${path} is damaged at byte ${damage.byte}: ${damage.problem}.`);
  let value: unknown;
  try {
    value = JSON.parse(decoded.text);
  } catch (error) {
    throw new DataError(`${path} is not valid JSON: ${(error as Error).message}.`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DataError(`${path} holds no object; a text for each metric's name is expected.`);
  }
  const definitions = Object.entries(value);
  if (definitions.length === 0) throw new DataError(`${path} defines no metrics; at least one is expected.`);
  for (const [name, text] of definitions) {
    if (typeof text === "string" && text.trim() !== "" && name.trim() !== "") continue;
    throw new DataError(
      `${path}: "${name}" is ${JSON.stringify(text)?.slice(0, 40)}; the text that defines it is expected.`,
    );
  }
  return new Map(definitions as [string, string][]);
}
