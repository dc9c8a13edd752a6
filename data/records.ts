import { describeValue } from "../engine/files/describe_value.ts";
import { DataError } from "../kernels/errors.ts";
import { type DataPaths, nameData } from "./files/data_paths.ts";
import { listFields } from "./formats/field_map.ts";
import { refuseMeantFields } from "./formats/field_names.ts";
import type { RawRecord } from "./formats/format.ts";
import { fixTexts } from "./non_text.ts";
import type { NoteTaker } from "./note_taker.ts";
import { readRows } from "./files/read_rows.ts";
import type { Reading } from "./reading.ts";
import { type RecordFile, understandRows } from "./formats/understand_rows.ts";
import {
  describeDecimalCommas,
  expectScore,
  fromStandard,
  hasDecimalComma,
  parseScore,
  type ScoreRange,
  scoreRange,
  toStandard,
} from "./scores.ts";

/** One judged (or to be judged) answer: the metric, the texts and the score. */
export interface MetricRecord {
  /** Name of the metric that the response is judged by. */
  readonly metric: string;
  /** Null when the record has none; never empty. */
  readonly systemPrompt: string | null;
  /** What the user asked; "" where there is none. */
  readonly userPrompt: string;
  /** What is judged; "" where there is none. */
  readonly response: string;
  /** From 0 to 10; null when the record has none or scores were not read. */
  readonly score: number | null;
  /** All other fields of the record as they stand in the file. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** Where it is one of two answers that were compared: the pair's number, and whether it is the chosen one; null for a tie. */
  readonly pair?: { readonly number: number; readonly chosen: boolean | null };
}

/** How `readRecords` reads. */
export interface ReadRecordsOptions {
  /**
   * "required": records without a score are left out. "optional": their score is null. "ignored": scores are not looked at.
   */
  readonly scores: "required" | "optional" | "ignored";
  /** Take the whole records before the damage of a damaged file. */
  readonly recover?: boolean;
  /** Takes fields that are no text as the text of their value, instead of refusing them. */
  readonly fixTexts?: boolean;
  /** True where numbers of records matter: nothing may come after a damaged file. */
  readonly numbered?: boolean;
  /** How rows are understood that are not in the fields of a record. */
  readonly reading?: Reading | undefined;
  /** The scale of the scores where neither `reading` nor the data say it; 0 to 10 by default. */
  readonly scoreRange?: ScoreRange | undefined;
  /** Told in a sentence of anything worth knowing about the file. */
  readonly onNote?: NoteTaker;
}

/**
 * Reads records `{metric_name, system_prompt?, user_prompt, response, score?}` from a JSON array, JSON lines, CSV or
 * Parquet, also packed by gzip; from a file, several, a folder of such or standard input. `prompt` may stand for
 * `user_prompt` and `expected_response` for `response`. Some of the records may lack both; see `hasTexts`.
 *
 * @throws DataError naming the file, and the record counted from 1, when something is not what it has to be
 */
export async function readRecords(data: DataPaths, options: ReadRecordsOptions): Promise<MetricRecord[]> {
  return (await readRecordSet(data, options)).records;
}

/** Records, and what was found out about them. */
export interface RecordSet {
  /** With scores from 0 to 10, whatever the scale they are given on. */
  readonly records: MetricRecord[];
  /** The scale that they are given on. */
  readonly scoreRange: ScoreRange;
  /** Texts that define metrics, where the data are of another tool: those that it has, else the metrics' own names. */
  readonly definitions: ReadonlyMap<string, string>;
  /** True where a damaged file may have had more records. */
  readonly damaged: boolean;
  /** Numbers, from 0, of the records of which a text was none and was fixed. */
  readonly fixed: readonly number[];
}

/** Reads records, and the scale of their scores. @throws DataError as `readRecords` does */
export async function readRecordSet(data: DataPaths, options: ReadRecordsOptions): Promise<RecordSet> {
  const { scores, reading = {}, recover = reading.recover ?? false, numbered = false, onNote = () => {} } = options;
  const files = await readRows(data, { recover, onNote });
  const damaged = files.findIndex((file) => file.damaged), next = files[damaged + 1];
  if (numbered && damaged >= 0 && next) {
    throw new DataError(
      `${
        files[damaged]!.name
      } is damaged, and how many records it lacks before those of ${next.name} is not known; give ` +
        "the files one by one, so that their records keep their numbers.",
    );
  }
  if (!reading.map) {
    for (const { name, values } of files) refuseMeantFields(values, name, { scored: scores !== "ignored" });
  }
  const understood = understandRows(files, reading, onNote);
  const range = reading.scoreRange ?? commonRange(understood, scores) ?? options.scoreRange ?? scoreRange;
  const records: MetricRecord[] = [], definitions = new Map<string, string>(), fixed: number[] = [];
  const pairs = new Map<string, number>();
  const inPair = (record: MetricRecord, pair: RawRecord["pair"]): MetricRecord => {
    if (!pair) return record;
    const number = pairs.get(pair.name) ?? pairs.size;
    pairs.set(pair.name, number);
    return { ...record, pair: { number, chosen: pair.chosen } };
  };
  let unscored = 0, withComma = 0;
  for (const { fields: given, place, format, definition, ...raw } of understood.flatMap(recordsOf)) {
    const texts = options.fixTexts ? fixTexts(given) : null, fields = texts ?? given;
    // Left out where nothing could be learnt of it.
    if (scores !== "ignored" && (raw.unscored || lacksScore(fields))) {
      const record = parseRecord(fields, place, "ignored", range);
      if (scores === "required") unscored++;
      else records.push(inPair(record, raw.pair));
      continue;
    }
    const record = inPair(parseRecord(fields, place, scores, range), raw.pair);
    if (format) definitions.set(record.metric, definition ?? definitions.get(record.metric) ?? record.metric);
    if (texts) fixed.push(records.length);
    if (scores !== "ignored" && hasDecimalComma(fields.score)) withComma++;
    records.push(record);
  }
  expectScored(records.length, unscored, nameData(data), range);
  if (unscored > 0) onNote(describeUnscored(unscored, nameData(data)));
  if (withComma > 0) onNote(describeDecimalCommas(withComma, nameData(data)));
  const unused = reading.scoreRange ? describeUnusedRange(records, nameData(data), range) : null;
  if (unused !== null) onNote(unused);
  if (records.some(hasTexts)) return { records, scoreRange: range, definitions, damaged: damaged >= 0, fixed };
  throw new DataError(`${nameData(data)}: none of its ${records.length} records has a user_prompt or a response.`);
}

const recordsOf = ({ records, format }: RecordFile) => records.map((record) => ({ ...record, format }));

/** The range that the data's formats have; null where they have none. @throws DataError when they differ */
function commonRange(files: readonly RecordFile[], scores: ReadRecordsOptions["scores"]): ScoreRange | null {
  if (scores === "ignored") return null;
  const ranges = files.map(({ format }) => format?.scoreRange ?? null);
  const other = ranges.findIndex((range) => range?.join() !== ranges[0]?.join());
  if (other < 0) return ranges[0] ?? null;
  const words = (range: ScoreRange | null | undefined) => range ? `${range[0]} to ${range[1]}` : "a scale of their own";
  throw new DataError(
    `${files[0]!.name} has scores on ${words(ranges[0])}, but ${files[other]!.name} on ${words(ranges[other])}; one ` +
      "scale, or --score-range, is expected.",
  );
}

/**
 * All texts of a record in one: system prompt, user prompt and response, those that are there, with an empty line
 * between them.
 */
export function combineTextFields({ systemPrompt, userPrompt, response }: MetricRecord): string {
  return [systemPrompt, userPrompt, response].filter((text) => text).join("\n\n");
}

/**
 * The record that a JSON value stands for.
 *
 * @param place where it stands, for messages: "train.json, record 7"
 * @param range the scale of the score, which becomes one from 0 to 10
 * @throws DataError when something is not what it has to be
 */
export function parseRecord(
  value: unknown,
  place: string,
  scores: ReadRecordsOptions["scores"],
  range: ScoreRange = scoreRange,
): MetricRecord {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DataError(
      `${place} is ${describeValue(value)}; an object with metric_name, user_prompt and response is expected.`,
    );
  }
  const { metric_name, system_prompt, user_prompt, prompt, response, expected_response, score, ...extra } =
    value as Record<string, unknown>;
  if (typeof metric_name !== "string" || metric_name.trim() === "") {
    // Fields of other names tell how the file is meant.
    const found = metric_name === undefined && Object.keys(extra).length > 0
      ? `; found the fields ${listFields(Object.keys(value))}`
      : "";
    throw new DataError(
      `${place}: metric_name is ${describeValue(metric_name)}; the name of a metric is expected${found}.`,
    );
  }
  const systemPrompt = text(system_prompt, "system_prompt", place);
  return {
    metric: metric_name,
    systemPrompt: systemPrompt.trim() === "" ? null : systemPrompt,
    userPrompt: text(user_prompt, "user_prompt", place) || text(prompt, "prompt", place),
    response: text(response, "response", place) || text(expected_response, "expected_response", place),
    score: scores === "ignored" ? null : readScore(score, place, scores === "required", range),
    extra,
  };
}

/** True for a record with a user prompt or a response. */
export function hasTexts({ userPrompt, response }: MetricRecord): boolean {
  return userPrompt.trim() !== "" || response.trim() !== "";
}

/** Fewer scores may lie together by chance. */
const leastScores = 10;

/** Says that scores use less than half of their scale; null where they use more. */
export function describeUnusedRange(
  records: readonly MetricRecord[],
  source: string,
  range: ScoreRange,
): string | null {
  const scores = records.flatMap(({ score }) => score ?? []);
  const lowest = scores.reduce((least, score) => Math.min(least, score), Infinity);
  const highest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  if (scores.length < leastScores || highest - lowest >= (scoreRange[1] - scoreRange[0]) / 2) return null;
  const figure = (score: number) => Number(fromStandard(score, range).toFixed(2));
  return `${source}: the scores lie between ${figure(lowest)} and ${
    figure(highest)
  }, less than half of the scale from ` +
    `${range[0]} to ${range[1]} that --score-range gives; check that it is theirs.`;
}

/** True for the fields of a record without a score: an empty cell, null, or none at all. */
export function lacksScore({ score }: Readonly<Record<string, unknown>>): boolean {
  return score === undefined || score === null || (typeof score === "string" && score.trim() === "");
}

/**
 * Refuses a set of which no record is left.
 *
 * @param count records that are left
 * @param unscored records that were left out for want of a score
 * @throws DataError saying why there are none
 */
export function expectScored(count: number, unscored: number, source: string, range: ScoreRange): void {
  if (count > 0) return;
  if (unscored === 0) throw new DataError(`${source} has no records; at least one is expected.`);
  const has = unscored === 1 ? "its only record has no" : `none of its ${unscored} records has a`;
  throw new DataError(
    `${source}: ${has} score; ${expectScore(range)} in the field score, or in the one that --map score=FIELD names.`,
  );
}

/** Says how many records are left out for want of a score. */
export function describeUnscored(count: number, source: string): string {
  const [records, are] = count === 1 ? ["1 record has", "is"] : [`${count} records have`, "are"];
  return `${source}: ${records} no number for a score and ${are} left out.`;
}

function text(value: unknown, field: string, place: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") {
    throw new DataError(`${place}: ${field} is ${describeValue(value)}; text is expected.`);
  }
  return value;
}

function readScore(value: unknown, place: string, required: boolean, range: ScoreRange): number | null {
  if (!required && lacksScore({ score: value })) return null;
  const score = parseScore(value, range);
  if (score !== null) return toStandard(score, range);
  throw new DataError(`${place}: score is ${describeValue(value)}; ${expectScore(range)}.`);
}
