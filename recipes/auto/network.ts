import { Buffer } from "../../engine/tensors/buffer.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { add, divide, multiply, subtract } from "../../engine/ops/arithmetic.ts";
import { concat } from "../../engine/ops/concat.ts";
import { matmul } from "../../engine/ops/matmul.ts";
import { sum } from "../../engine/ops/reductions.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import { pairwiseEuclideanDistance } from "../../engine/ops/euclidean.ts";
import { scripts } from "../../data/texts/scripts.ts";
import { slice } from "../../engine/ops/slice.ts";
import { clamp, exp } from "../../engine/ops/unary.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { Batch } from "../training/batch.ts";
import { type ChoiceRegime, choiceRegimes as regimes } from "../choice.ts";
import { statisticsColumns } from "../features/record_statistics.ts";
import type { LabelledRows } from "../../data/pairs/feature_tables.ts";
import { GaussianProcess, type GaussianProcessSizes } from "../gaussian_process/network.ts";
import { priorRows } from "./candidates.ts";

/** Names of the candidates, the simplest first; the last is a weighted mean of the others. */
export const candidateNames = ["constant", "per-metric mean", "ridge", "gaussian-process", "weighted mean"] as const;
/** Candidates that have a weight; the constant has what is left of 1. */
export const weighted = candidateNames.length - 2;

/** Metrics whose squared distance, in units of the mean one, is far above this count as different. */
const sameMetric = 1e-3;

/**
 * A constant, the metrics' means, ridge regression and a Gaussian process, weighted: one weight each for records under
 * metrics that training has, for those under others, and for those in a script that training lacks.
 */
export class AutoNetwork extends Module {
  readonly process: GaussianProcess;
  /** Coefficients of ridge regression on the projected rows, [numbers, 1]. */
  readonly coef: Buffer;
  /** [1] */
  readonly intercept: Buffer;
  /** Penalty of ridge regression, [1]. */
  readonly penalty: Buffer;
  /** Weights of `candidateNames` but the first and the last, [regimes, 3]. */
  readonly weights: Buffer;
  /** Scores of the train rows less their mean, by weight, beside their weights, [rows, 2]; 0 where a slot is free. */
  readonly residual: Buffer;
  /** What candidates came to out of fold, [regimes, candidates]: RMSE. */
  readonly outOfFold: Buffer;
  /** Rows that they were judged on, how many metrics those have, and the number of what was chosen, [regimes, 3]. */
  readonly judged: Buffer;
  /** What the process's variance is multiplied by, so that it is the mean square error out of fold, [regimes]. */
  readonly variance: Buffer;

  /** Places in `scripts` of those that count as known, [scripts, 1]; -1 for the others. */
  readonly known: Buffer;

  /** Most train rows that the budget allows, [1]. */
  readonly limit: Buffer;
  /** Covariances of rows that were just judged and are fitted to next. */
  covariances: { readonly of: LabelledRows; readonly covariances: Float32Array } | null = null;

  constructor({ engine }: Pick<ModuleOptions, "engine">, sizes: GaussianProcessSizes) {
    super();
    this.process = new GaussianProcess({ engine }, sizes);
    const zeros = (name: string, ...shape: number[]) =>
      new Buffer(engine, shape, new Float32Array(shape.reduce((size, length) => size * length, 1)), name);
    const width = this.process.trainRows.reduce((total, { shape }) => total + shape[1]!, 0);
    this.coef = zeros("coefficients of ridge regression", width, 1);
    this.intercept = zeros("intercept of ridge regression", 1);
    this.known = new Buffer(engine, [scripts.length, 1], Float32Array.from(scripts.keys()), "known scripts");
    this.limit = new Buffer(engine, [1], Float32Array.of(sizes.rows), "most train rows");
    this.penalty = zeros("penalty of ridge regression", 1);
    this.weights = zeros("weights of candidates", regimes.length, weighted);
    this.residual = zeros("train residuals", sizes.rows, 2);
    this.outOfFold = zeros("out-of-fold errors", regimes.length, candidateNames.length);
    this.judged = zeros("judged rows", regimes.length, 3);
    this.variance = new Buffer(engine, [regimes.length], new Float32Array(regimes.length).fill(1), "variance factors");
  }

  /** Expected scores and their variances, noise included, each [batch]. */
  forward(batch: Batch): { readonly score: Tensor; readonly variance: Tensor } {
    const { process } = this, projected = process.project(batch), { engine } = batch.metric;
    const distances = process.distances(projected), column = (x: Tensor) => reshape({ x }, { shape: [x.size, 1] });
    const number = (value: number) => engine.tensor([1], [value]);
    const { score, variance } = process.predict(distances);

    // Rows under the same metric have distance 0.
    const apart = distances[process.kinds.metric]!;
    const unit = slice({ x: process.units }, { start: process.kinds.metric, end: process.kinds.metric + 1 });
    const near = exp({ x: multiply({ a: apart, b: divide({ a: number(-1 / sameMetric), b: unit }) }) });
    const sums = matmul({ a: near, b: this.residual });
    const rows = slice({ x: sums }, { start: 1, end: 2 });
    const metricMean = divide({
      a: slice({ x: sums }, { start: 0, end: 1 }),
      b: add({ a: rows, b: number(priorRows) }),
    });
    const seen = clamp({ x: multiply({ a: rows, b: number(1 / sameMetric) }) }, { min: 0, max: 1 });

    const linear = add({ a: matmul({ a: concat(projected), b: this.coef }), b: this.intercept });
    const others = [
      metricMean,
      subtract({ a: linear, b: process.mean }),
      subtract({ a: column(score), b: process.mean }),
    ];
    const script = slice({ x: batch.statistics }, {
      start: statisticsColumns.script,
      end: statisticsColumns.script + 1,
    });
    const from = pairwiseEuclideanDistance({ x: script, y: this.known }, { squared: true });
    const same = clamp({ x: subtract({ a: number(1), b: from }) }, { min: 0, max: 1 });
    const known = sum({ x: same }, { axis: 1, keepdim: true });
    // w_script + known (w_unseen + seen (w_seen - w_unseen) - w_script)
    const blend = (of: Tensor) => {
      const part = (regime: ChoiceRegime) => {
        const row = regimes.indexOf(regime);
        return slice({ x: of }, { axis: 0, start: row, end: row + 1 });
      };
      const towards = (a: Tensor, b: Tensor, share: Tensor) =>
        add({ a, b: multiply({ a: share, b: subtract({ a: b, b: a }) }) });
      return towards(part("script"), towards(part("unseen"), part("seen"), seen), known);
    };
    const offset = sum({ x: multiply({ a: concat(others), b: blend(this.weights) }) }, { axis: 1 });
    const factor = blend(reshape({ x: this.variance }, { shape: [regimes.length, 1] }));
    return {
      score: add({ a: offset, b: process.mean }),
      variance: multiply({ a: variance, b: reshape({ x: factor }, { shape: [variance.size] }) }),
    };
  }
}
