import { knownForm } from "../../engine/files/file_kind.ts";
import { readFileOrExplain } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";
import { findDamage } from "./json_scanner.ts";
import type { NoteTaker } from "../note_taker.ts";
import { decodeText } from "./text_decoding.ts";

/**
 * Reads a JSON file that holds one value.
 *
 * @param what names what the file should be, with its article: "a JSON file of settings"
 * @returns the value, and the text that it was written as
 * @throws DataError when the file is missing or of another form, or saying where it is damaged
 */
export async function readJsonValue(
  path: string,
  what: string,
  onNote?: NoteTaker,
): Promise<{ readonly value: unknown; readonly text: string }> {
  const bytes = await readFileOrExplain(path, what), form = knownForm(bytes);
  if (form && form !== "JSON text") throw new DataError(`${path} is ${form}; ${what} is expected.`);
  const { text, damage } = decodeText(bytes, path, onNote);
  if (damage) throw new DataError(`${path} is damaged at byte ${damage.byte}: ${damage.problem}.`);
  try {
    return { value: JSON.parse(text), text };
  } catch (error) {
    const { index, expected } = findDamage(text) ?? { index: 0, expected: "a JSON value" };
    const place = `${expected} is expected at character ${index + 1}`;
    throw new DataError(`${path} is not valid JSON: ${place}, found ${quoteBeginning(text.slice(index))}.`, {
      cause: error,
    });
  }
}

/** The beginning of a text in quotes, shortened for a message. */
export function quoteBeginning(text: string): string {
  const beginning = [...text.slice(0, 32)].slice(0, 12).join("");
  return beginning === "" ? "nothing" : JSON.stringify(beginning + (beginning.length < text.length ? "…" : ""));
}
