import { join } from "node:path";
import { describeValue } from "../../engine/files/describe_value.ts";
import { writeAtomically } from "../../engine/files/files.ts";
import { DataError, ShapeError } from "../../kernels/errors.ts";
import { readJsonArray } from "../files/json_records.ts";
import type { NoteTaker } from "../note_taker.ts";
import { appearance, explainLookAlike } from "../texts/look_alikes.ts";
import { quoteNearest } from "../texts/nearest_name.ts";
import { readNpyMatrix, writeNpy } from "../files/npy.ts";
import { noteOddRows } from "./odd_rows.ts";
import { checkRowLengths } from "../files/row_lengths.ts";

const namesFile = "metric_names.json";
const embeddingsFile = "metric_embeddings.npy";

/** The metrics that are known by name, each with the embedding of its definition. */
export class MetricTable {
  /** Names in the order of the rows. */
  readonly names: readonly string[];
  /** Width of an embedding. */
  readonly dimension: number;
  /** Row-major, [names, dimension]. */
  readonly embeddings: Float32Array;
  readonly #rows: ReadonlyMap<string, number>;

  /**
   * Checks that names and rows fit together.
   *
   * @param names of the metrics, each once
   * @param embeddings row-major, [names, dimension]
   * @param source where the names come from, for messages
   * @throws ShapeError when the embeddings are not as many as the names
   * @throws DataError when a name occurs twice
   */
  constructor(names: readonly string[], embeddings: Float32Array, dimension: number, source = "The metric table") {
    if (embeddings.length !== names.length * dimension) {
      throw new ShapeError(
        `${names.length} metrics of ${dimension} numbers need ${names.length * dimension}, found ${embeddings.length}.`,
      );
    }
    const rows = new Map<string, number>();
    for (const [row, name] of names.entries()) {
      const earlier = rows.get(name);
      if (earlier !== undefined) {
        throw new DataError(`${source} names ${describeValue(name)} twice, as number ${earlier + 1} and ${row + 1}.`);
      }
      rows.set(name, row);
    }
    this.names = names;
    this.dimension = dimension;
    this.embeddings = embeddings;
    this.#rows = rows;
  }

  /**
   * Reads a JSON array of names and a matrix with a row for each.
   *
   * @throws DataError when a file is damaged, a name is no text or occurs twice, or the rows are not as many as the names
   */
  static async read(
    namesPath: string,
    embeddingsPath: string,
    options: { readonly onNote?: NoteTaker } = {},
  ): Promise<MetricTable> {
    const names = await readJsonArray(namesPath, { element: "name", ...options });
    const bad = names.findIndex((name) => typeof name !== "string" || name.trim() === "");
    if (bad >= 0) {
      const found = describeValue(names[bad]);
      throw new DataError(`${namesPath}, name ${bad + 1} is ${found}; the name of a metric is expected.`);
    }
    if (names.length === 0) throw new DataError(`${namesPath} names no metrics; at least one is expected.`);
    noteLookAlikes(names as string[], namesPath, options.onNote);
    const rowsOf = `${namesPath} names ${names.length} metrics`;
    const matrix = await readNpyMatrix(embeddingsPath, { rows: names.length, rowsOf, ...options });
    checkRowLengths(matrix, embeddingsPath);
    noteOddRows(matrix, names as string[], embeddingsPath, options.onNote);
    return new MetricTable(names as string[], matrix.data, matrix.columns, namesPath);
  }

  /** Names alone, whose embeddings are not known yet. */
  static ofNames(names: Iterable<string>, source?: string): MetricTable {
    return new MetricTable([...names], new Float32Array(), 0, source);
  }

  /** Reads the table that `write` put into a folder. */
  static readFrom(folder: string): Promise<MetricTable> {
    return MetricTable.read(join(folder, namesFile), join(folder, embeddingsFile));
  }

  /** Writes `metric_names.json` and `metric_embeddings.npy` into a folder. */
  async write(folder: string): Promise<void> {
    await writeAtomically(join(folder, namesFile), `${JSON.stringify(this.names, null, 1)}\n`);
    await writeNpy(join(folder, embeddingsFile), this.embeddings, [this.names.length, this.dimension]);
  }

  /** True for a metric that the table names. */
  has(name: string): boolean {
    return this.#rows.has(name);
  }

  /**
   * The row of a metric.
   *
   * @param place where the name was found, for the message: "test.json, record 7"
   * @param remedy what gives a metric an embedding, for the message
   * @throws DataError naming the metric and the nearest known one
   */
  indexOf(name: string, place?: string, remedy?: string): number {
    const row = this.#rows.get(name);
    if (row !== undefined) return row;
    throw new DataError(
      `${place ? `${place}: the` : "The"} metric ${describeValue(name)} has no embedding; ` +
        `the nearest name that has one is ${quoteNearest(name, this.names)}${remedy ? `; ${remedy}` : ""}.`,
    );
  }

  /** The embedding of a row, as a view. */
  row(index: number): Float32Array {
    return this.embeddings.subarray(index * this.dimension, (index + 1) * this.dimension);
  }

  /**
   * This table and the metrics of another that it lacks, put after its own. Where both know a name, this table's
   * embedding stays, since that is the one a model was trained on; a note says so when they differ.
   *
   * @param options.source the file of the other table's embeddings, for messages
   * @throws DataError when the embeddings differ in width
   */
  merge(other: MetricTable, options: { readonly source?: string; readonly onNote?: NoteTaker } = {}): MetricTable {
    const { source = "The table to add", onNote } = options;
    if (other.dimension !== this.dimension) {
      throw new DataError(`${source} has ${other.dimension} columns, but the known metrics have ${this.dimension}.`);
    }
    const added = other.names.filter((name) => !this.#rows.has(name));
    const differing = other.names.filter((name) => {
      const known = this.#rows.get(name);
      return known !== undefined && !closeTo(this.row(known), other.row(other.indexOf(name)));
    });
    if (differing.length > 0) {
      onNote?.(
        `${source} gives ${differing.length} known metrics, such as "${differing[0]}", another embedding; ` +
          "the known one is used.",
      );
    }
    const embeddings = new Float32Array(this.embeddings.length + added.length * this.dimension);
    embeddings.set(this.embeddings);
    for (const [i, name] of added.entries()) {
      embeddings.set(other.row(other.indexOf(name)), (this.names.length + i) * this.dimension);
    }
    return new MetricTable([...this.names, ...added], embeddings, this.dimension);
  }
}

/** Tells of the first two names that differ but look the same. */
function noteLookAlikes(names: readonly string[], path: string, onNote: NoteTaker = () => {}): void {
  const seen = new Map<string, number>();
  for (const [row, name] of names.entries()) {
    const looks = appearance(name), earlier = seen.get(looks);
    const difference = earlier === undefined ? "" : explainLookAlike(name, names[earlier]!);
    if (earlier === undefined) seen.set(looks, row);
    if (difference !== "") {
      onNote(
        `${path} names ${describeValue(name)} as number ${row + 1}; number ${earlier! + 1} is ${
          describeValue(names[earlier!])
        }${difference}.`,
      );
      return;
    }
  }
}

/** Equal up to the rounding that a change of number type brings. */
function closeTo(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, i) => Math.abs(value - b[i]!) <= 1e-3 * Math.max(Math.abs(value), 0.01));
}
