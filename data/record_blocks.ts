import { DataError } from "../kernels/errors.ts";
import { type DataPaths, listDataFiles, nameData, standardInput } from "./files/data_paths.ts";
import { pause } from "./files/stream/pause.ts";
import { streamRows } from "./files/stream/stream_rows.ts";
import { refuseMeantFields } from "./formats/field_names.ts";
import type { Format } from "./formats/format.ts";
import { understandRows } from "./formats/understand_rows.ts";
import { fixTexts } from "./non_text.ts";
import type { NoteTaker } from "./note_taker.ts";
import type { Reading } from "./reading.ts";
import {
  describeUnscored,
  expectScored,
  hasTexts,
  lacksScore,
  type MetricRecord,
  parseRecord,
  readRecordSet,
  type ReadRecordsOptions,
} from "./records.ts";
import { describeDecimalCommas, hasDecimalComma, type ScoreRange, scoreRange } from "./scores.ts";

/** Some of the records of a large set, in their order. */
export interface RecordBlock {
  readonly records: readonly MetricRecord[];
  /** The number of each among all, from 0. */
  readonly numbers: Uint32Array<ArrayBuffer>;
  /** Texts that define metrics, as `RecordSet.definitions` has them. */
  readonly definitions: ReadonlyMap<string, string>;
}

/** One of several equal parts of a set: number `index` of `count`, from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** How `readRecordBlocks` reads. */
export interface RecordBlockOptions extends RecordPieceOptions {
  /** Records of a block. */
  readonly blockSize: number;
  /** The part that is read; null for all. */
  readonly shard?: Shard | null;
}

/** How `readRecordPieces` reads. */
export interface RecordPieceOptions {
  readonly reading?: Reading | undefined;
  readonly onNote?: NoteTaker;
  /** As for `ReadRecordsOptions`; scores are not looked at by default. */
  readonly scores?: ReadRecordsOptions["scores"];
  /** Takes fields that are no text as the text of their value, instead of refusing them. */
  readonly fixTexts?: boolean;
  /** Files of at most so many bytes in all are read as a whole, so that a row may refer to any other. */
  readonly wholeBytes?: number;
  /** Told how many bytes were read, and of how many; null where that is not known. */
  readonly onBytes?: (read: number, of: number | null) => void;
  /** Told of a damaged file, and how many records there were before the damage; those of all shards are counted. */
  readonly onDamage?: (before: number) => void;
}

/** Records that follow each other in a shard; the next go to the next shard. */
const shardRun = 16;

/**
 * Reads records some at a time, so that there may be more than memory holds. Small sets, and those of which the whole
 * records before a damage are taken, are read as `readRecordSet` does. In large ones and in standard input each row is
 * understood by itself, text has to be UTF-8, and an empty line between JSON lines ends a block.
 *
 * @throws DataError as `readRecordSet` does; that no record has texts is found at the end of a large set
 */
export async function* readRecordBlocks(data: DataPaths, options: RecordBlockOptions): AsyncGenerator<RecordBlock> {
  const { blockSize, shard = null } = options;
  let block = newBlock(), number = 0;
  for await (const piece of readRecordPieces(data, options)) {
    if (piece === pause) {
      if (block.records.length > 0) yield taken(block);
      block = newBlock();
      continue;
    }
    for (const [name, text] of piece.definitions) block.definitions.set(name, text);
    for (const record of piece.records) {
      const own = !shard || Math.floor(number / shardRun) % shard.count === shard.index - 1;
      if (own) {
        block.numbers.push(number);
        block.records.push(record);
      }
      number++;
      if (block.records.length < blockSize) continue;
      yield taken(block);
      block = newBlock(block.definitions);
    }
  }
  if (block.records.length > 0) yield taken(block);
}

/**
 * Records as they are read, in pieces of no particular size; `pause` where whoever writes them waits for what was made of
 * those before. Otherwise as `readRecordBlocks`.
 */
export async function* readRecordPieces(
  data: DataPaths,
  {
    reading = {},
    fixTexts = false,
    scores = "ignored",
    onNote = () => {},
    onBytes,
    onDamage,
    wholeBytes = 1 << 25,
  }: RecordPieceOptions,
): AsyncGenerator<RecordPiece | typeof pause> {
  const paths = await listDataFiles(data, onNote), sizes = await Promise.all(paths.map(sizeOf));
  const total = sizes.reduce<number | null>((sum, size) => sum === null || size === null ? null : sum + size, 0);
  const isSmall = !paths.includes(standardInput) && (total === null || total <= wholeBytes);
  if (isSmall || reading.recover) {
    const set = await readRecordSet(data, { scores, numbered: true, reading, fixTexts, onNote });
    if (set.damaged) onDamage?.(set.records.length);
    yield set;
    return;
  }
  let count = 0, unscored = 0, withComma = 0, anyTexts = false, read = 0;
  const onRead = (bytes: number) => onBytes?.(read += bytes, total);
  for (const path of paths) {
    for await (const piece of filePieces(path, { reading, fixTexts, scores, onNote }, onRead)) {
      yield piece;
      if (piece === pause) continue;
      count += piece.records.length;
      unscored += piece.unscored;
      withComma += piece.withComma;
      anyTexts ||= piece.records.some(hasTexts);
    }
  }
  const name = nameData(data);
  expectScored(count, unscored, name, reading.scoreRange ?? scoreRange);
  if (unscored > 0) onNote(describeUnscored(unscored, name));
  if (withComma > 0) onNote(describeDecimalCommas(withComma, name));
  if (!anyTexts) throw new DataError(`${name}: none of its ${count} records has a user_prompt or a response.`);
}

/** Records that were read at once. */
export interface RecordPiece extends Pick<RecordBlock, "records" | "definitions"> {
  /** The scale that their scores are given on. */
  readonly scoreRange: ScoreRange;
  /** Numbers, from 0 in the piece, of the records of which a text was none and was fixed. */
  readonly fixed: readonly number[];
}

async function* filePieces(
  path: string,
  options: Required<Pick<RecordPieceOptions, "fixTexts" | "scores" | "onNote">> & { readonly reading: Reading },
  onBytes: (count: number) => void,
): AsyncGenerator<(RecordPiece & { readonly unscored: number; readonly withComma: number }) | typeof pause> {
  const name = nameData(path), { reading, scores, onNote } = options;
  let first = 0, format: Format | null | undefined;
  for await (const rows of streamRows(path, onBytes)) {
    for (const values of parted(rows)) {
      if (values === pause) {
        yield pause;
        continue;
      }
      if (!reading.map) refuseMeantFields(values, name, { scored: false, first });
      const [file] = understandRows([{ name, values }], reading, onNote, { first, format });
      format = file!.format;
      first += values.length;
      const range = reading.scoreRange ?? format?.scoreRange ?? scoreRange;
      const definitions = new Map<string, string>(), records: MetricRecord[] = [], fixed: number[] = [];
      let unscored = 0, withComma = 0;
      for (const { fields, place, definition, ...raw } of file!.records) {
        if (scores !== "ignored" && raw.pair) {
          throw new DataError(
            `${place} is an answer that was compared; of many records each is expected with a score.`,
          );
        }
        const texts = options.fixTexts ? fixTexts(fields) : null;
        const isUnscored = scores !== "ignored" && (raw.unscored || lacksScore(fields));
        const record = parseRecord(texts ?? fields, place, isUnscored ? "ignored" : scores, range);
        if (scores === "required" && isUnscored) {
          unscored++;
          continue;
        }
        if (format) definitions.set(record.metric, definition ?? definitions.get(record.metric) ?? record.metric);
        if (texts) fixed.push(records.length);
        if (scores !== "ignored" && hasDecimalComma(fields.score)) withComma++;
        records.push(record);
      }
      yield { records, definitions, scoreRange: range, fixed, unscored, withComma };
    }
  }
}

/** Rows between pauses, and the pauses. */
function* parted(rows: readonly unknown[]): Generator<unknown[] | typeof pause> {
  let from = 0;
  for (let at = rows.indexOf(pause); at >= 0; at = rows.indexOf(pause, from)) {
    if (at > from) yield rows.slice(from, at);
    yield pause;
    from = at + 1;
  }
  if (from < rows.length) yield rows.slice(from);
}

const newBlock = (definitions = new Map<string, string>()) => ({
  records: [] as MetricRecord[],
  numbers: [] as number[],
  definitions,
});

const taken = ({ records, numbers, definitions }: ReturnType<typeof newBlock>): RecordBlock => ({
  records,
  numbers: Uint32Array.from(numbers),
  definitions,
});

/** Bytes of a file; null for what is none, such as standard input. */
async function sizeOf(path: string): Promise<number | null> {
  if (path === standardInput) return null;
  return await Deno.stat(path).then(({ size, isFile }) => isFile ? size : null, () => 0);
}
