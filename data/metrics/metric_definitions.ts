import { describeValue } from "../../engine/files/describe_value.ts";
import { repeatedKey } from "../../engine/files/repeated_key.ts";
import { DataError } from "../../kernels/errors.ts";
import { readJsonValue } from "../files/json_value.ts";
import type { NoteTaker } from "../note_taker.ts";

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
  const { value, text } = await readJsonValue(path, "a JSON object of metric definitions", onNote);
  const twice = repeatedKey(text, 0);
  if (twice) {
    throw new DataError(`${path} defines ${describeValue(twice.key)} twice; one text for each metric is expected.`);
  }
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
