import type { TextTable } from "../../data/text_layout.ts";
import { cholesky } from "../classical/cholesky.ts";
import { zeros } from "../classical/matrix.ts";
import { columnGram } from "../classical/ridge.ts";
import type { GateRows } from "./gate_rows.ts";

/** How the embeddings of one metric's texts are scattered, the same for all metrics. */
export interface Scatter {
  /** Mean over all rows, [dimension]. */
  readonly center: Float64Array;
  /** Lower triangular L of the covariance L Lᵀ, [dimension, dimension]. */
  readonly factor: Float64Array;
}

/** The embedding of a record's texts: the mean over those of its fields that are there. */
export function textVector({ data, fields, dimension }: TextTable, record: number): Float64Array {
  const mean = new Float64Array(dimension);
  let there = 0;
  for (let field = record * fields; field < (record + 1) * fields; field++) {
    const values = data.subarray(field * dimension, (field + 1) * dimension);
    if (fields > 1 && values.every((value) => value === 0)) continue;
    there++;
    values.forEach((value, j) => mean[j]! += value);
  }
  return mean.map((sum) => sum / Math.max(there, 1));
}

/**
 * The covariance of texts around the mean of their metric, drawn towards a multiple of the unit matrix by as much as few
 * rows call for.
 *
 * @see Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices" (2004)
 */
export function scatterWithin(texts: TextTable, { text, metric }: GateRows, metrics: number): Scatter {
  const { dimension } = texts, rows = text.length;
  const x = zeros(rows, dimension), center = new Float64Array(dimension);
  const seen = new Float64Array(metrics), sums = zeros(metrics, dimension).data;
  text.forEach((record, i) => {
    seen[metric[i]!]!++;
    textVector(texts, record).forEach((value, j) => {
      x.data[i * dimension + j] = value;
      sums[metric[i]! * dimension + j]! += value;
      center[j]! += value / rows;
    });
  });
  let fourth = 0;
  for (let i = 0; i < rows; i++) {
    const of = metric[i]!;
    let square = 0;
    for (let j = 0; j < dimension; j++) {
      const value = x.data[i * dimension + j]! -= sums[of * dimension + j]! / seen[of]!;
      square += value ** 2;
    }
    fourth += square ** 2;
  }
  const free = Math.max(rows - seen.filter((one) => one > 0).length, 1);
  const covariance = columnGram(x);
  let trace = 0, squares = 0;
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) {
      const value = covariance[i * dimension + j]! /= rows;
      squares += value ** 2 * (i === j ? 1 : 2);
    }
    trace += covariance[i * dimension + i]!;
  }
  const variance = trace / dimension;
  const error = (fourth / rows - squares) / rows, distance = squares - dimension * variance ** 2;
  const drawn = Math.min(Math.max(distance > 0 ? error / distance : 1, 1e-3), 1);
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) covariance[i * dimension + j]! *= (1 - drawn) * rows / free;
    covariance[i * dimension + i]! += (drawn * variance || 1e-12) * rows / free;
  }
  cholesky(covariance, dimension);
  return { center, factor: covariance };
}
