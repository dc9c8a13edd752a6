import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { withChatTexts } from "./chat_messages.ts";
import { listFields, mapFields } from "./field_map.ts";
import { criterionPlace, type Format, isRow, type RawRecord, type Row } from "./format.ts";
import { formatNamed, formatOf, ownFormat } from "./formats.ts";
import type { NoteTaker } from "../note_taker.ts";
import type { RowFile } from "../files/read_rows.ts";
import type { Reading } from "../reading.ts";

/** A file's rows as records that are not validated yet. */
export interface RecordFile {
  readonly name: string;
  /** Null where rows are in the fields of a record. */
  readonly format: Format | null;
  readonly records: readonly RawRecord[];
}

/** Some rows of a file that is read piece by piece. */
export interface RowPiece {
  /** Number of its first row in the file, from 0. */
  readonly first: number;
  /** The format that the file's first row was found to have; undefined for the piece with that row. */
  readonly format: Format | null | undefined;
}

/**
 * Finds out what rows stand for: by `--format` or else by the keys of a file's first row, then by `--map`.
 *
 * @param piece what is known of the one file where its rows are some of many
 * @throws DataError naming the file, the record, and the field that is not as expected
 */
export function understandRows(
  files: readonly Omit<RowFile, "damaged">[],
  { format, map }: Reading,
  onNote: NoteTaker,
  piece?: RowPiece,
): RecordFile[] {
  const find = finder(files), first = piece?.first ?? 0;
  return files.map(({ name, values }) => {
    const place = (row: number) => `${name}, record ${first + row + 1}`;
    const rows = values.map((value, i) => expectRow(value, place(i)));
    const found = () => format === undefined ? (map || !rows[0] ? null : formatOf(rows[0])) : formatNamed(format);
    const chosen = piece?.format === undefined ? found() : piece.format;
    const records = chosen
      ? formatRecords(rows, chosen, place, find)
      : rows.flatMap((row, i) => ownRecords(row, place(i), format === ownFormat));
    if (chosen && first === 0) onNote(describeFormat(chosen, name, piece ? null : [rows.length, records.length]));
    const mapped = map ? mapFields(records, map, name, first === 0) : records;
    return {
      name,
      format: chosen,
      records: mapped.map((one) => ({ ...one, fields: withChatTexts(one.fields, one.place) })),
    };
  });
}

function expectRow(value: unknown, place: string): Row {
  if (isRow(value)) return value;
  throw new DataError(
    `${place} is ${describeValue(value)}; an object with metric_name, user_prompt and response is expected.`,
  );
}

function formatRecords(
  rows: readonly Row[],
  format: Format,
  placeOf: (row: number) => string,
  find: Find,
): RawRecord[] {
  return rows.flatMap((row, i) => {
    const place = placeOf(i);
    if (format.fits(row)) return format.records(row, place, find);
    // A row that is only there for others to be found by.
    if (row.id !== undefined && find(row.id) === row) return [];
    const lacking = format.keys.find((key) => !Object.hasOwn(row, key));
    throw new DataError(
      `${place} lacks ${describeValue(lacking ?? format.keys[0])}, as ${format.title} has it; found the fields ` +
        `${listFields(Object.keys(row))}.`,
    );
  });
}

/** A row in the fields of a record; one that has several scores by name stands for as many records. */
function ownRecords(row: Row, place: string, named: boolean): RawRecord[] {
  const { scores, ...others } = row;
  if (named || Object.hasOwn(row, "metric_name") || Object.hasOwn(row, "score") || !isRow(scores)) {
    return [{ place, fields: row }];
  }
  return Object.entries(scores).map(([metric_name, score]) => ({
    place: criterionPlace(place, metric_name),
    fields: { ...others, metric_name, score },
  }));
}

type Find = (id: unknown) => Row | undefined;

/** Finds rows by their id among those that have what was asked and answered. */
function finder(files: readonly Omit<RowFile, "damaged">[]): Find {
  let byId: Map<unknown, Row> | undefined;
  const isJudged = (row: Row) => ["input", "inputs"].some((key) => Object.hasOwn(row, key));
  return (id) => {
    byId ??= new Map(
      files.flatMap(({ values }) =>
        values.flatMap((row) => isRow(row) && isJudged(row) ? [[row.id, row] as const] : [])
      ),
    );
    return id === undefined || id === null ? undefined : byId.get(id);
  };
}

/** @param counts rows and records; null where more of them may follow */
function describeFormat(
  { title, scoreRange: [low, high] }: Format,
  name: string,
  counts: readonly [rows: number, records: number] | null,
): string {
  const sentence = `${name} is read as ${title}, with scores from ${low} to ${high}`;
  if (counts === null) return `${sentence}.`;
  const [rows, records] = counts;
  return `${sentence}: ${rows} ${rows === 1 ? "row" : "rows"}, ${records} ${records === 1 ? "record" : "records"}.`;
}
