import { describeValue } from "../engine/describe_value.ts";
import { knownForm } from "../engine/file_kind.ts";
import { readFileOrExplain } from "../engine/files.ts";
import { repeatedKey } from "../engine/repeated_key.ts";
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
  const what = "a JSON object of metric definitions", bytes = await readFileOrExplain(path, what);
  const form = knownForm(bytes);
  if (form && form !== "JSON text") throw new DataError(`${path} is ${form}; ${what} is expected.`);
  const decoded = decodeText(bytes, path, onNote);
  const { damage } = decoded;
  if (damage) throw new DataError(`${path} is damaged at byte ${damage.byte}: ${damage.problem}.`);
  let value: unknown;
  try {
    value = JSON.parse(decoded.text);
  } catch (error) {
    throw new DataError(`${path} is not valid JSON: ${(error as Error).message}.`, { cause: error });
  }
  const twice = repeatedKey(decoded.text, 0);
  if (twice) throw new DataError(`${path} defines "${twice.key}" twice; one text for each metric is expected.`);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DataError(`${path} holds no object; a text for each metric's name is expected.`);
  }
  const definitions = Object.entries(value);
  if (definitions.length === 0) throw new DataError(`${path} defines no metrics; at least one is expected.`);
  for (const [name, text] of definitions) {
    if (typeof text === "string" && text.trim() !== "" && name.trim() !== "") continue;
    throw new DataError(
      `${path}: ${describeValue(name)} is ${describeValue(text)}; the text that defines it is expected.`,
    );
  }
  return new Map(definitions as [string, string][]);
}
