import { join } from "node:path";
import type { GrowingTables } from "../../data/augmentation/targeted_negatives.ts";
import { readJsonArray } from "../../data/files/json_records.ts";
import { type NpyMatrix, readNpy, readNpyMatrix } from "../../data/files/npy.ts";
import type { MetricTable } from "../../data/metrics/metric_table.ts";
import type { NoteTaker } from "../../data/note_taker.ts";
import { RowList } from "../../data/pairs/row_list.ts";
import { parseScore } from "../../data/scores.ts";
import { listFolderOrExplain } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";
import { type Added, misfitStage } from "./augment.ts";

/** What rows of a folder are added to. */
export interface AugmentedInput {
  readonly tables: GrowingTables;
  readonly metrics: MetricTable;
  /** Numbers of the records in their file, from 0, in the order of the texts' rows. */
  readonly recordNumbers: Uint32Array;
  /** Texts' rows that are learnt from. */
  readonly train: Uint32Array;
  readonly onNote: NoteTaker;
}

/** A folder of train rows that were made before. */
export interface AugmentedFolder {
  readonly folder: string;
  /** Names of its files. */
  readonly names: ReadonlySet<string>;
  /** Where its rows as records stand. */
  readonly path: string;
  /** Those rows; null where it has matrices alone. */
  readonly rows: readonly unknown[] | null;
}

/** Opens a folder of train rows. @throws DataError when there are none */
export async function openAugmentedFolder(folder: string, onNote: NoteTaker): Promise<AugmentedFolder> {
  const names = new Set(await listFolderOrExplain(folder, "a folder of augmented rows"));
  const path = join(folder, "rows.json");
  if (names.has("rows.json")) {
    return { folder, names, path, rows: await readJsonArray(path, { element: "row", onNote }) };
  }
  if (names.has("X.npy") && names.has("y.npy")) return { folder, names, path, rows: null };
  throw new DataError(`${folder} holds neither rows.json nor X.npy and y.npy; what augment --out writes is expected.`);
}

/** True for a row whose texts no record has: paraphrases, and what a language model wrote. */
export function hasTextsOfItsOwn(row: unknown): row is Readonly<Record<string, unknown>> {
  return typeof row === "object" && row !== null && "record" in row && row.record === null && !("text_row" in row);
}

/** Rows by the numbers of their records as `rows.json` counts them, from 1. @param recordNumbers of all rows, from 0 */
export function rowsByRecord(recordNumbers: Uint32Array, rows: Uint32Array): Map<number, number> {
  return new Map(Array.from(rows, (row) => [recordNumbers[row]! + 1, row]));
}

/**
 * Reads train rows that were made before: those that `augment --out` wrote, but for the records themselves and for rows with
 * texts of their own, or `X.npy` with the embeddings of texts and metric of a row side by side and `y.npy` with its score.
 * Rows whose texts are not learnt from here, such as those of validation records, are left out.
 *
 * @throws DataError naming the file and the row that is not as expected
 */
export async function readAugmentedRows(from: AugmentedFolder, input: AugmentedInput): Promise<Added[]> {
  return from.rows ? await readRows(from, from.rows, input) : await readMatrices(from.folder, input);
}

async function readRows(
  { folder, names, path }: AugmentedFolder,
  rows: readonly unknown[],
  { tables, metrics, recordNumbers, train, onNote }: AugmentedInput,
): Promise<Added[]> {
  const matrix = async (name: string, columns: number) =>
    names.has(name) ? await readNpyMatrix(join(folder, name), { columns }) : null;
  const texts = await matrix("texts.npy", tables.texts.dimension);
  const metricRows = await matrix("metrics.npy", tables.metrics.dimension);
  const textOf = rowsByRecord(recordNumbers, train);
  const stages = new Map<string, RowList>();
  let left = 0;
  for (const [i, value] of rows.entries()) {
    const place = `${path}, row ${i + 1}`;
    const { stage, record, metric_name, score, text_row, metric_row } = (value ?? {}) as Record<string, unknown>;
    const parsed = parseScore(score);
    if (typeof stage !== "string" || typeof metric_name !== "string" || parsed === null) {
      throw new DataError(`${place}: a stage, a metric_name and a score, as augment --out writes them, are expected.`);
    }
    if (stage === "records" || hasTextsOfItsOwn(value)) continue;
    const from = textOf.get(record as number);
    if (from === undefined) {
      left++;
      continue;
    }
    const own = metrics.indexOf(metric_name, place);
    const text = text_row === undefined ? from : tables.texts.add(rowOf(texts, text_row, `${place}: text_row`), from);
    if (text !== from) tables.statistics.add(tables.statistics.row(from), from);
    const metric = metric_row === undefined
      ? own
      : tables.metrics.add(rowOf(metricRows, metric_row, `${place}: metric_row`), own);
    if (!stages.has(stage)) stages.set(stage, new RowList());
    stages.get(stage)!.push(text, metric, parsed);
  }
  if (left > 0) onNote(`${path}: ${left} rows are left out, whose records are not learnt from in this run.`);
  return [...stages].map(([stage, list]) => ({ stage, rows: list.rows(), mismatched: misfitStage(stage) }));
}

/** A row of a matrix beside the rows. @throws DataError where there is none */
function rowOf(matrix: NpyMatrix | null, row: unknown, what: string): Float32Array {
  if (matrix && Number.isInteger(row) && (row as number) >= 0 && (row as number) < matrix.rows) {
    return matrix.data.slice((row as number) * matrix.columns, ((row as number) + 1) * matrix.columns);
  }
  throw new DataError(`${what} is ${JSON.stringify(row)}; one of ${matrix?.rows ?? 0} rows, from 0, is expected.`);
}

async function readMatrices(
  folder: string,
  { tables: { texts, metrics, statistics }, train, onNote }: AugmentedInput,
): Promise<Added[]> {
  const path = join(folder, "X.npy"), width = texts.dimension, columns = width + metrics.dimension;
  const x = await readNpyMatrix(path, { columns }), y = await readNpy(join(folder, "y.npy"));
  if (y.data.length !== x.rows) {
    throw new DataError(`${join(folder, "y.npy")} has ${y.data.length} scores, but ${path} has ${x.rows} rows.`);
  }
  const learnt = new Set(train), key = (row: Float32Array) => row.join();
  const heldOut = new Set(
    Array.from({ length: texts.firstRows }, (_, row) => row).filter((row) => !learnt.has(row)).map((row) =>
      key(texts.row(row))
    ),
  );
  const list = new RowList(), [origin] = train;
  let left = 0;
  for (let row = 0; row < x.rows; row++) {
    const score = Number(y.data[row]);
    if (!(score >= 0 && score <= 10)) {
      throw new DataError(`${join(folder, "y.npy")}, row ${row + 1} is ${score}; a score from 0 to 10 is expected.`);
    }
    const values = x.data.slice(row * columns, (row + 1) * columns), text = values.subarray(0, width);
    if (heldOut.has(key(text))) {
      left++;
      continue;
    }
    // Nothing is known of the texts themselves.
    statistics.add(new Float32Array(statistics.dimension), origin!);
    list.push(texts.add(text, origin!), metrics.add(values.subarray(width), 0), score);
  }
  if (left > 0) onNote(`${path}: ${left} rows are left out, whose texts are those of validation records.`);
  return [{ stage: "rows of X.npy", rows: list.rows(), mismatched: false }];
}
