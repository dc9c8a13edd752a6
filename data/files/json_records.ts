import { describeValue } from "../../engine/files/describe_value.ts";
import { knownForm } from "../../engine/files/file_kind.ts";
import { readFileOrExplain } from "../../engine/files/files.ts";
import { repeatedKey } from "../../engine/files/repeated_key.ts";
import { DataError } from "../../kernels/errors.ts";
import { type JsonDamage, scanElements } from "./json_scanner.ts";
import { quoteBeginning } from "./json_value.ts";
import type { NoteTaker } from "../note_taker.ts";
import { type DecodedText, decodeText } from "./text_decoding.ts";

/** How `readJsonArray` reads. */
export interface JsonArrayOptions {
  /** What an element is, for messages; "record" by default. */
  readonly element?: string;
  /** True: from a damaged file the elements before the damage are taken. False: refuse, and tell of `--recover`. */
  readonly recover?: boolean;
  readonly onNote?: NoteTaker;
  /** Called where only the elements before a damage are returned. */
  readonly onDamage?: () => void;
}

/**
 * Reads the elements of a JSON file that holds an array, or one object a line (JSON lines).
 *
 * @throws DataError when the file is missing, empty or no text, or is damaged: the message gives the byte of the damage,
 *   what was expected there and how many whole elements precede it
 */
export async function readJsonArray(path: string, options: JsonArrayOptions = {}): Promise<readonly unknown[]> {
  const { element = "record", onNote = () => {} } = options;
  const bytes = await readFileOrExplain(path, `a JSON array of ${element}s`), form = knownForm(bytes);
  if (form && form !== "JSON text") throw new DataError(`${path} is ${form}; a JSON array of ${element}s is expected.`);
  const decoded = decodeText(bytes, path, onNote);
  // Gives the bytes of a large file back now, before its values are made.
  bytes.buffer.transfer(0);
  return parseJsonArray(decoded, path, options);
}

/** The elements of text that is a JSON array, or one object a line. @throws DataError as `readJsonArray` does */
export function parseJsonArray(decoded: DecodedText, path: string, options: JsonArrayOptions): readonly unknown[] {
  const { element = "record", recover, onNote = () => {}, onDamage = () => {} } = options;
  const values = decoded.damage ? undefined : parseUndamaged(decoded.text);
  if (values) return refuseRepeatedKeys(values, decoded.text, path, element);
  if (!decoded.damage && !/^\s*[[{]/.test(decoded.text)) {
    const found = quoteBeginning(decoded.text.trimStart());
    throw new DataError(`${path} is no JSON array of ${element}s: "[" is expected first, found ${found}.`);
  }
  const scanned = scanElements(decoded.text);
  const damage = locate(decoded, scanned.damage, scanned.values.length, element);
  const sound = decoded.text.slice(0, scanned.damage?.index);
  refuseRepeatedKeys(scanned.values, sound, path, element);
  if (!damage) return scanned.values;
  const count = scanned.values.length;
  const place = `${path} is damaged at byte ${damage.byte}: ${damage.problem}`;
  if (count === 0) throw new DataError(`${place}; no whole ${element} precedes it.`);
  const whole = `${count} whole ${element}${count === 1 ? "" : "s"} before it`;
  if (!recover) throw new DataError(`${place}; ${whole} can be saved${recover === false ? " with --recover" : ""}.`);
  onNote(`${place}; only the ${whole} ${count === 1 ? "is" : "are"} used.`);
  onDamage();
  return scanned.values;
}

/** The elements of text that is one JSON array, or undefined when it is anything else. */
function parseUndamaged(text: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The elements themselves. @throws DataError when one of them is an object that has a key twice */
function refuseRepeatedKeys<Values>(values: Values, text: string, path: string, element: string): Values {
  const inArray = /^\s*\[/.test(text), twice = repeatedKey(text, inArray ? 1 : 0);
  // Of an array the path begins with the array's own number, 0.
  const [number] = twice?.path.slice(inArray ? 1 : 0) ?? [];
  if (!twice || typeof number !== "number") return values;
  throw new DataError(`${path}, ${element} ${number + 1} has ${describeValue(twice.key)} twice; once is expected.`);
}

/** The first damage of a file, be it in its bytes or in its JSON. */
function locate(
  { text, byteOffset, damage }: DecodedText,
  inJson: JsonDamage | undefined,
  count: number,
  element: string,
): { byte: number; problem: string } | undefined {
  if (damage && (!inJson || inJson.index >= text.length)) return damage;
  if (!inJson) return undefined;
  const where = `${element} ${count + 1}`;
  const problem = inJson.index >= text.length
    ? `the file ends where ${inJson.expected} is expected, at ${where}`
    : `${inJson.expected} is expected at ${where}, found ${quoteBeginning(text.slice(inJson.index))}`;
  return { byte: byteOffset(inJson.index), problem };
}
