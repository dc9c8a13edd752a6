import { describeValue } from "../../engine/files/describe_value.ts";
import type { ScoreRange } from "../scores.ts";

/** A row as a file has it. */
export type Row = Readonly<Record<string, unknown>>;

/** What a row stands for, in the fields of a record, not validated yet. */
export interface RawRecord {
  /** Where it stands, for messages: "train.json, record 7". */
  readonly place: string;
  /** `metric_name`, `system_prompt`, `user_prompt`, `response`, `score` and others. */
  readonly fields: Row;
  /** What the metric means, where the row says it. */
  readonly definition?: string;
  /** True where the row says that there is no score, so that training leaves the record out. */
  readonly unscored?: boolean;
  /** The pair of answers that it is one of, and whether it is the chosen one; null for a tie. */
  readonly pair?: { readonly name: string; readonly chosen: boolean | null };
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
  /**
   * The records that a row stands for, one for each criterion.
   *
   * @param find the row of an id, of all files, that has what was asked and answered
   * @throws DataError naming the field that is not as expected
   */
  records(row: Row, place: string, find: (id: unknown) => Row | undefined): RawRecord[];
}

/** True for a JSON object. */
export function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True where a row has all of these keys. */
export function hasKeys(row: Row, keys: readonly string[]): boolean {
  return keys.every((key) => Object.hasOwn(row, key));
}

/** The place of one of several criteria: "train.json, record 7, tone"; names that are no plain words are quoted. */
export function criterionPlace(place: string, criterion: string): string {
  return `${place}, ${/^[\p{L}\p{N} _./-]{1,60}$/u.test(criterion) ? criterion : describeValue(criterion)}`;
}
