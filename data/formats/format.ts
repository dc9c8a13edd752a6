import type { ScoreRange } from "../scores.ts";

/** A row as a file has it. */
export type Row = Readonly<Record<string, unknown>>;

/** What a row stands for, in the fields of a record, not validated yet. */
export interface RawRecord {
  /** Where it stands, for messages: "train.json, record 7". */
  readonly place: string;
  /** `metric_name`, `system_prompt`, `user_prompt`, `response`, `score` and others. */
  readonly fields: Row;
}

/** A form in which other tools and data sets keep judged answers. */
export interface Format {
  /** What `--format` calls it. */
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  /** The range of its scores unless `--score-range` says otherwise. */
  readonly scoreRange: ScoreRange;
  /** Keys that a row has, for the message where rows have them not. */
  readonly keys: readonly string[];
  /** True for a row of this format, by its keys. */
  fits(row: Row): boolean;
  /** The records that a row stands for, one for each criterion. @throws DataError naming the field that is not as expected */
  records(row: Row, place: string): RawRecord[];
}

/** True for a JSON object. */
export function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True where a row has all of these keys. */
export function hasKeys(row: Row, keys: readonly string[]): boolean {
  return keys.every((key) => Object.hasOwn(row, key));
}
