import type { NoteTaker } from "../../data/note_taker.ts";
import { readRows } from "../../data/files/read_rows.ts";
import type { MetricRecord } from "../../data/records.ts";
import { isRow, type Row } from "../../data/formats/format.ts";
import { formatOf } from "../../data/formats/formats.ts";
import { type RecordFile, understandRows } from "../../data/formats/understand_rows.ts";
import type { Reading } from "../../data/reading.ts";
import { parseScore, scoreRange, toStandard } from "../../data/scores.ts";
import { DataError } from "../../kernels/errors.ts";
import { type FieldProfile, isObject, profileFields } from "./fields.ts";
import type { Measures } from "./measures.ts";

/** Records as they are, also those that training would refuse. */
export interface LooseRecords {
  readonly records: readonly MetricRecord[];
  readonly fields: readonly FieldProfile[];
  /** Values of the file that are no objects, and stand for no record. */
  readonly strange: number;
  /** For each record its number in the file, from 1. */
  readonly numbers: Uint32Array;
}

/** A file of records to look at. */
export interface ExploredSet extends LooseRecords {
  /** "train" or "test". */
  readonly name: string;
  readonly path: string;
  readonly measures: Measures;
  /** For each record the cluster of its texts among those of all sets; equal for near duplicates. */
  readonly clusters: Uint32Array;
}

/** How records are looked at. */
export interface LooseOptions {
  readonly recover: boolean;
  readonly maxRows: number | null;
  /** How rows are understood; undefined where their fields say it. */
  readonly reading?: Reading | undefined;
  readonly onNote: NoteTaker;
}

/**
 * Reads records without refusing any: what is not what it has to be is counted, and taken for missing.
 *
 * @throws DataError when the file cannot be read, is not of the form that it is said to be of, or holds no record
 */
export async function readLooseRecords(path: string, options: LooseOptions): Promise<LooseRecords> {
  const files = await readRows(path, options);
  const isForeign = files.some(({ values }) => isRow(values[0]) && formatOf(values[0]) !== null);
  const all = options.reading || isForeign
    ? understandRows(files, options.reading ?? {}, options.onNote).flatMap((file) => ownFields(file, options.reading))
    : files.flatMap(({ values }) => values);
  const values = options.maxRows === null ? all : all.slice(0, options.maxRows);
  const numbers = Uint32Array.from([...values.keys()].filter((i) => isObject(values[i])), (i) => i + 1);
  if (numbers.length === 0) throw new DataError(`${path} has no records; at least one is expected.`);
  const records = Array.from(numbers, (number) => looseRecord(values[number - 1] as Record<string, unknown>));
  return { records, numbers, fields: profileFields(values), strange: values.length - numbers.length };
}

/** Rows of another form in the fields of a record, their scores from 0 to 10; what is no score stays as it is. */
function ownFields({ records, format }: RecordFile, reading: Reading | undefined): Row[] {
  const range = reading?.scoreRange ?? format?.scoreRange ?? scoreRange;
  return records.map(({ fields, unscored }) => {
    if (unscored) return { ...fields, score: null };
    const score = parseScore(fields.score, range);
    return score === null ? fields : { ...fields, score: toStandard(score, range) };
  });
}

function looseRecord(value: Readonly<Record<string, unknown>>): MetricRecord {
  const text = (...names: string[]) => {
    const found = names.map((name) => value[name]).filter((one) => typeof one === "string");
    return found.find((one) => one.trim() !== "") ?? "";
  };
  return {
    metric: text("metric_name"),
    systemPrompt: text("system_prompt") || null,
    userPrompt: text("user_prompt", "prompt"),
    response: text("response", "expected_response"),
    score: parseScore(value.score),
    extra: {},
  };
}

/** Scores of a set's records, those that are known; of some records where `rows` names them. */
export function scoresOf({ records }: LooseRecords, rows: Iterable<number> = records.keys()): Float64Array {
  const scores: number[] = [];
  for (const row of rows) {
    const { score } = records[row]!;
    if (score !== null) scores.push(score);
  }
  return Float64Array.from(scores);
}

/** Records that a table lists one by one. */
export const mostListed = 5000;

/** The main category of a metric: "safety" of "safety/privacy"; the whole name where it has none. */
export const categoryOf = (metric: string): string => metric.split("/", 1)[0]!;

/** Names of the sets, in the order in which figures show them. */
export const namesOf = (sets: readonly ExploredSet[]): string[] => sets.map(({ name }) => name);
