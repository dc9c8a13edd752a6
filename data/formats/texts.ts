import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { chatTexts, isMessages } from "./chat_messages.ts";
import { parsedOr } from "./json_text.ts";
import { criterionPlace, isRow, type RawRecord, type Row } from "./format.ts";

/** A prompt as other tools keep it. */
export interface PromptTexts {
  /** Null where there is none. */
  readonly system_prompt: string | null;
  readonly user_prompt: string;
}

/** Keys under which applications keep what was asked. */
const promptKeys = ["input", "question", "prompt", "query", "instruction", "text"];
/** Keys under which they keep the answer. */
const responseKeys = ["output", "answer", "response", "completion", "content", "text"];

/** Whether a value is what an application was given or gave, maybe as JSON text in a cell of CSV. */
export interface TextOptions {
  readonly packed?: boolean;
}

/** What was asked: text, messages, also as JSON text, or any JSON; of a packed object what it has under a usual key. */
export function promptOf(value: unknown, place: string, { packed = false }: TextOptions = {}): PromptTexts {
  const parsed = typeof value === "string" ? parsedOr(value) : value;
  const found = isMessages(parsed) ? parsed : unpacked(value, promptKeys, packed);
  if (!isMessages(found)) return { system_prompt: null, user_prompt: textOf(found) };
  const { system_prompt, user_prompt, response } = chatTexts(found, place);
  return { system_prompt, user_prompt: response === "" ? user_prompt : `${user_prompt}\n\nAssistant: ${response}` };
}

/** What was answered, in the same forms; of messages the last. */
export function responseOf(value: unknown, place: string, { packed = false }: TextOptions = {}): string {
  const found = unpacked(value, responseKeys, packed);
  if (!isMessages(found)) return textOf(found);
  const { user_prompt, response } = chatTexts(found.slice(-1), place);
  return response || user_prompt;
}

function unpacked(value: unknown, keys: readonly string[], packed: boolean): unknown {
  const parsed = packed && typeof value === "string" ? parsedOr(value) : value;
  if (isMessages(parsed)) return parsed;
  if (!isRow(parsed)) return value;
  if (isMessages(parsed.messages)) return parsed.messages;
  if (typeof parsed.role === "string" && parsed.content !== undefined) return [parsed];
  // An answer in JSON is judged as it is; what an application was given and gave has the text under some key.
  if (!packed) return value;
  const names = Object.keys(parsed), only = names.length === 1 ? names[0] : undefined;
  const key = keys.find((key) => Object.hasOwn(parsed, key)) ?? only;
  return key === undefined ? value : unpacked(parsed[key], keys, false);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A field that has to be an object or, as CSV has it, JSON text of one. @throws DataError naming it */
export function objectIn(row: Row, field: string, place: string): Row {
  const value = typeof row[field] === "string" ? parsedOr(row[field]) : row[field];
  if (isRow(value)) return value;
  throw new DataError(`${place}: ${field} is ${describeValue(row[field])}; an object is expected.`);
}

/** A field that has to be a list. @throws DataError naming it */
export function listIn(row: Row, field: string, place: string): readonly unknown[] {
  const value = typeof row[field] === "string" ? parsedOr(row[field]) : row[field];
  if (Array.isArray(value)) return value;
  throw new DataError(`${place}: ${field} is ${describeValue(row[field])}; a list is expected.`);
}

/** An element of a list that has to be an object. @throws DataError naming it */
export function rowOf(value: unknown, place: string): Row {
  if (isRow(value)) return value;
  throw new DataError(`${place} is ${describeValue(value)}; an object is expected.`);
}

/** A field that has to be the name of a metric. @throws DataError naming it */
export function nameIn(row: Row, field: string, place: string): string {
  const value = row[field];
  if (typeof value === "string" && value.trim() !== "") return value;
  throw new DataError(`${place}: ${field} is ${describeValue(value)}; the name of a metric is expected.`);
}

/** A score of a criterion; what is true or false counts as 1 or 0. */
export type Score = readonly [criterion: string, score: unknown];

/** A record for each score of the same texts; null is the score of a metric that failed. */
export function scored(texts: Row, scores: readonly Score[], place: string): RawRecord[] {
  return scores.map(([criterion, score]) => ({
    place: scores.length > 1 ? criterionPlace(place, criterion) : place,
    fields: { ...texts, metric_name: criterion, score: typeof score === "boolean" ? Number(score) : score },
    ...(score === null ? { unscored: true } : {}),
  }));
}
