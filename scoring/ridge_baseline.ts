import { readSafetensors } from "../engine/files/read_safetensors.ts";
import { writeSafetensors } from "../engine/files/write_safetensors.ts";
import { DataError } from "../kernels/errors.ts";
import { Philox } from "../kernels/philox.ts";
import { dealFolds } from "../recipes/classical/holdouts.ts";
import type { ScoredPairs } from "../data/pairs/scored_pairs.ts";
import { dot, type Matrix, rowOf } from "../recipes/classical/matrix.ts";
import { Pca } from "../recipes/classical/pca.ts";
import { defaultAlphas, Ridge } from "../recipes/classical/ridge.ts";
import type { Embeddings, FeatureTables, Rows } from "../data/pairs/feature_tables.ts";

/** Rows, drawn at random, that the penalty is chosen on: most are fitted to, and groups of the others are predicted. */
const searchedRows = 800, searchFolds = 3;
/** Where there are more rows, or more numbers in them, it is fitted to so many, drawn at random: a baseline may not take long. */
const mostRows = 10_000, mostNumbers = 4e7;
const stream = 0x41d9e;

/** What a run's rows are looked up in. */
export type BaselineTables = Pick<FeatureTables, "texts" | "metrics" | "groups">;

/**
 * Ridge regression on a run's own inputs, the embeddings of texts and metric side by side: what a linear model makes of them,
 * to stand beside every figure.
 */
export class RidgeBaseline {
  /** Takes a fitted regression. */
  constructor(
    /** Coefficients of the texts' numbers, then of the metric's. */
    readonly ridge: Ridge,
    /** Strength of its penalty. */
    readonly alpha: number,
  ) {}

  /**
   * Fits to rows without weights, in float64. The penalty is the best of `defaultAlphas` when groups of rows are predicted
   * by others: rows of one text or conversation would tell of each other, and call for far too weak a penalty.
   */
  static fit({ texts, metrics, groups }: BaselineTables, rows: ScoredPairs): RidgeBaseline {
    const reduced = reduceMetrics(metrics), width = texts.fields * texts.dimension, columns = width + reduced.columns;
    const matrix = (chosen: Uint32Array): { x: Matrix; y: Float32Array } => {
      const data = new Float64Array(chosen.length * columns);
      chosen.forEach((row, i) => {
        const text = rows.text[row]! * width;
        data.set(texts.data.subarray(text, text + width), i * columns);
        data.set(reduced.row(rows.metric[row]!), i * columns + width);
      });
      return { x: { data, rows: chosen.length, columns }, y: Float32Array.from(chosen, (row) => rows.score[row]!) };
    };
    const drawn = new Philox(1, stream).permutation(rows.score.length);
    const searched = drawn.subarray(0, searchedRows);
    const fold = dealFolds(searched.map((row) => groups?.[rows.text[row]!] ?? rows.text[row]!), searchFolds, 1);
    const part = (held: boolean) => matrix(searched.filter((_, i) => (fold[i] === 0) === held));
    const alpha = new Set(fold).size > 1 ? Ridge.search(part(false), part(true), defaultAlphas).alpha : 1;
    const count = Math.min(mostRows, Math.floor(mostNumbers / columns));
    const { coef, intercept } = Ridge.fit(matrix(drawn.subarray(0, count).toSorted()), alpha);
    const metric = reduced.expand(coef.subarray(width));
    const full = new Float64Array(width + metric.coef.length);
    full.set(coef.subarray(0, width));
    full.set(metric.coef, width);
    return new RidgeBaseline(new Ridge(full, intercept + metric.intercept), alpha);
  }

  /** Scores of rows, within 0 and 10. */
  predict({ texts, metrics }: BaselineTables, { text, metric }: Rows): Float32Array<ArrayBuffer> {
    const { coef, intercept } = this.ridge, width = texts.fields * texts.dimension;
    const part = (data: Float32Array, row: number, size: number, from: number) =>
      dot(coef.subarray(from, from + size), data.subarray(row * size, (row + 1) * size));
    return Float32Array.from(text, (record, i) => {
      const score = intercept + part(texts.data, record, width, 0) +
        part(metrics.data, metric[i]!, metrics.dimension, width);
      return Math.min(Math.max(score, 0), 10);
    });
  }

  /** Writes coefficients, intercept and penalty, float64. */
  async write(path: string): Promise<void> {
    const f64 = (values: ArrayLike<number>) => ({
      dtype: "F64" as const,
      shape: [values.length],
      data: Float64Array.from(values),
    });
    const { coef, intercept } = this.ridge;
    await writeSafetensors(
      path,
      new Map([["coef", f64(coef)], ["intercept", f64([intercept])], ["alpha", f64([this.alpha])]]),
    );
  }

  /** Reads what `write` wrote. @returns null where there is none, as in a run of an earlier version @throws DataError when it is damaged */
  static async read(path: string): Promise<RidgeBaseline | null> {
    if (!await Deno.stat(path).then(() => true, () => false)) return null;
    const { tensors } = await readSafetensors(path, "the ridge regression of a run");
    const [coef, intercept, alpha] = ["coef", "intercept", "alpha"].map((name) => {
      const data = tensors.get(name)?.data;
      if (!(data instanceof Float64Array)) throw new DataError(`${path}: "${name}" of float64 numbers is expected.`);
      return data;
    });
    return new RidgeBaseline(new Ridge(coef!, intercept![0]!), alpha![0]!);
  }
}

/**
 * The metrics' embeddings in a basis of the space that they span: a ridge regression on those coordinates is the same, and
 * smaller where there are fewer metrics than dimensions of an embedding.
 */
function reduceMetrics({ data, dimension }: Embeddings) {
  const count = data.length / dimension, table: Matrix = { data, rows: count, columns: dimension };
  if (count < 2 || count >= dimension) {
    return {
      columns: dimension,
      row: (metric: number) => rowOf(table, metric),
      expand: (coef: Float64Array) => ({ coef, intercept: 0 }),
    };
  }
  const pca = Pca.fit(table, count), { components, mean } = pca, coordinates = pca.transform(table);
  return {
    columns: components.rows,
    row: (metric: number) => rowOf(coordinates, metric),
    expand(reduced: Float64Array) {
      const coef = new Float64Array(dimension);
      reduced.forEach((one, k) => rowOf(components, k).forEach((value, j) => coef[j]! += one * value));
      return { coef, intercept: -dot(coef, mean) };
    },
  };
}
