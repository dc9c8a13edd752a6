import { scripts } from "../../data/texts/scripts.ts";
import { choiceRegimes as regimes, enoughMetrics } from "../choice.ts";
import { statisticsColumns } from "../features/record_statistics.ts";
import type { Phase } from "../../data/observer.ts";
import type { TrainRows } from "../recipe.ts";
import { noiseOf } from "../gaussian_process/fit.ts";
import type { UsedRows } from "../gaussian_process/rows.ts";
import {
  type Candidate,
  type CandidateRows,
  judging,
  meanOf,
  metricMean,
  predictLinear,
  process,
  regressionOn,
  ridge,
  type RowFeatures,
} from "./candidates.ts";
import { choose, type Chosen } from "./choose.ts";
import type { HeldOutRidge } from "../classical/held_out_ridge.ts";
import type { Ridge } from "../classical/ridge.ts";
import { groupHoldouts, type HeldOutBy, type Holdout, metricHoldouts } from "../classical/holdouts.ts";
import { type AutoNetwork, candidateNames, weighted } from "./network.ts";

/** Penalties of ridge regression that are tried. */
const penalties = [0.3, 1, 3, 10, 30, 100, 300, 1000];

/** Rows of a script below which it is not held out. */
const leastOfScript = 50;

/** Of a constant, the metrics' means, ridge regression and a Gaussian process: the last two differ by their covariance alone. */
const complexity = [0, 1, 2, 2];

/** The projected rows of all kinds side by side. */
export function rowFeatures(network: AutoNetwork, projected: readonly Float32Array[], rows: number): RowFeatures {
  const widths = network.process.trainRows.map(({ shape }) => shape[1]!);
  const width = widths.reduce((sum, one) => sum + one, 0), data = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    let at = row * width;
    projected.forEach((values, kind) => {
      data.set(values.subarray(row * widths[kind]!, (row + 1) * widths[kind]!), at);
      at += widths[kind]!;
    });
  }
  return { data, width };
}

/** The rows that predictions lean on, as candidates see them. */
export function candidateRows({ score, weight, rows: used }: UsedRows, { rows }: TrainRows): CandidateRows {
  return { score, weight, metric: Uint32Array.from(used, (row) => rows.metric[row]!) };
}

/** Group of each used row; texts that augmentation added are groups of their own. */
function groupsOf({ rows: used }: UsedRows, { rows, tables: { groups } }: TrainRows): Uint32Array {
  const beyond = (groups ?? new Uint32Array()).reduce((most, one) => Math.max(most, one), -1) + 1;
  return Uint32Array.from(used, (row) => groups?.[rows.text[row]!] ?? beyond + rows.text[row]!);
}

/** Place in `scripts` of each used row's response. */
function scriptsOf(
  { rows: used }: UsedRows,
  { rows, tables: { statistics: { data, dimension } } }: TrainRows,
): Uint32Array {
  return Uint32Array.from(used, (row) => data[rows.text[row]! * dimension + statisticsColumns.script]!);
}

/** Scripts that enough rows are written in to say how well others are scored by them. */
function frequentScripts(script: Uint32Array): Set<number> {
  const least = Math.max(leastOfScript, script.length / 50);
  return new Set(
    [...Map.groupBy(script, (one) => one)].filter(([, { length }]) => length >= least).map(([one]) => one),
  );
}

/** Rows of one regime with what each candidate says of them, out of fold. */
interface Judged {
  readonly rows: number[];
  /** Number of the holdout that each came from. */
  readonly folds: number[];
  readonly predictions: readonly number[][];
}

/** What candidates are judged with. */
export interface JudgingOptions {
  /** The projected rows. */
  readonly features: RowFeatures;
  /** Of all rows, without noise. */
  readonly covariances: Float32Array;
  readonly folds: number;
  readonly seed: number;
}

/** Judges the candidates out of fold, for metrics that the other folds have and for such that they lack, and chooses. */
export async function chooseCandidates(
  network: AutoNetwork,
  train: TrainRows,
  used: UsedRows,
  { features, covariances, folds, seed }: JudgingOptions,
): Promise<void> {
  const { phase } = train, rows = candidateRows(used, train);
  const by: HeldOutBy = { group: groupsOf(used, train), metric: rows.metric }, script = scriptsOf(used, train);
  const holdouts = groupHoldouts(by, folds, seed);
  const regression = regressionOn(rows, features);
  const { penalty, predictions } = await choosePenalty(regression, rows, features, holdouts, phase);
  const candidates: Candidate[] = [
    { predict: ({ fit, held }) => new Float64Array(held.length).fill(meanOf(rows, fit)) },
    metricMean(rows),
    ridge(regression, features, penalty, predictions),
    process(rows, covariances, await noiseOf(network.process, train, used), phase),
  ];
  const judged = regimes.map((): Judged => ({ rows: [], folds: [], predictions: candidates.map(() => []) }));
  const [seen, unseen, otherScript] = judged as [Judged, Judged, Judged];
  const judge = async (holdout: Holdout, fold: number, as?: Judged) => {
    const { fit, held } = holdout;
    const known = new Set(Array.from(fit, (row) => rows.metric[row]!));
    const predictions = await Promise.all(candidates.map((one) => one.predict(holdout)));
    held.forEach((row, i) => {
      const into = as ?? (known.has(rows.metric[row]!) ? seen : unseen);
      into.rows.push(row);
      into.folds.push(fold);
      predictions.forEach((one, candidate) => into.predictions[candidate]!.push(Math.min(Math.max(one[i]!, 0), 10)));
    });
  };
  for (const [i, holdout] of holdouts.entries()) {
    await phase(judging, i, holdouts.length);
    await judge(holdout, i);
  }
  // Where groups have metrics of their own, those were held out with them.
  if (unseen.rows.length < seen.rows.length / 10) {
    const apart = metricHoldouts(by, folds, seed);
    for (const [i, holdout] of apart.entries()) {
      await phase(judging, i, apart.length);
      await judge(holdout, holdouts.length + i);
    }
  }
  const frequent = frequentScripts(script);
  if (frequent.size > 1) {
    const apart = metricHoldouts({ group: by.group, metric: script }, folds, seed);
    for (const [i, { fit, held }] of apart.entries()) {
      await phase(judging, i, apart.length);
      await judge({ fit, held: held.filter((row) => frequent.has(script[row]!)) }, i, otherScript);
    }
    // Numbers and marks alone are in no script.
    const isKnown = (one: number) => script.includes(one) || scripts[one] === "none";
    train.engine.write(network.known, Float32Array.from(scripts.keys(), (one) => isKnown(one) ? one : -1));
  }
  const alike = [[by.group], [by.group, by.metric], [by.group, script]];
  writeChoices(network, train, judged.map((one, regime) => choiceOf(one, rows, alike[regime]!)), judged, penalty, rows);
}

/** Null where there are no rows of the regime. @param alike numbers of what target rows are another sample of: groups, and metrics or scripts */
function choiceOf({ rows, folds, predictions }: Judged, { score }: CandidateRows, alike: readonly Uint32Array[]) {
  if (rows.length === 0) return null;
  const pick = (numbers: Uint32Array) => Uint32Array.from(rows, (row) => numbers[row]!);
  return choose({
    score: Float64Array.from(rows, (row) => score[row]!),
    predictions: predictions.map((one) => Float64Array.from(one)),
    complexity,
    fold: Uint32Array.from(folds),
    clusters: alike.map(pick),
  });
}

/** The penalty with the lowest error out of fold, and what it predicts of each holdout. */
async function choosePenalty(
  regression: HeldOutRidge,
  { score }: CandidateRows,
  features: RowFeatures,
  holdouts: readonly Holdout[],
  phase: Phase,
) {
  const errors = new Float64Array(penalties.length);
  const tried: (readonly [Holdout, Float64Array[]])[] = [];
  for (const [i, holdout] of holdouts.entries()) {
    await phase("choosing the penalty of ridge regression", i, holdouts.length);
    const { fit, held } = holdout;
    const predictions = regression.fitEach(fit, penalties).map((one) => predictLinear(features, held, one));
    predictions.forEach((one, k) =>
      one.forEach((value, j) => errors[k]! += (Math.min(Math.max(value, 0), 10) - score[held[j]!]!) ** 2)
    );
    tried.push([holdout, predictions]);
  }
  const best = errors.indexOf(Math.min(...errors));
  return { penalty: penalties[best]!, predictions: new Map(tried.map(([holdout, all]) => [holdout, all[best]!])) };
}

/** The constant alone. */
const constantChoice: Chosen = {
  weights: new Float64Array(weighted),
  chosen: candidateNames.indexOf("constant"),
  rmse: new Float64Array(candidateNames.length),
};

function writeChoices(
  network: AutoNetwork,
  { engine }: TrainRows,
  choices: readonly (Chosen | null)[],
  judged: readonly Judged[],
  penalty: number,
  { metric }: CandidateRows,
): void {
  const [seen, unseen, script] = choices;
  const metrics = judged.map(({ rows }) => new Set(rows.map((row) => metric[row]!)).size);
  // Where all rows are of one group there is nothing to judge candidates on.
  const other = seen ?? unseen ?? constantChoice;
  const ofUnseen = seen && metrics[1]! < enoughMetrics ? seen : unseen ?? other;
  const decide = [other, ofUnseen, script ?? ofUnseen];
  const flat = (of: (regime: number) => ArrayLike<number>) =>
    Float32Array.from(regimes.flatMap((_, regime) => Array.from(of(regime))));
  engine.write(network.weights, flat((regime) => decide[regime]!.weights));
  engine.write(network.outOfFold, flat((regime) => choices[regime]?.rmse ?? new Float64Array(candidateNames.length)));
  engine.write(
    network.judged,
    flat((regime) => [judged[regime]!.rows.length, metrics[regime]!, decide[regime]!.chosen]),
  );
  const gaussianProcess = candidateNames.indexOf("gaussian-process");
  engine.write(
    network.variance,
    flat((regime) => {
      const { rmse, chosen } = choices[regime] ?? decide[regime]!;
      const factor = (rmse[chosen]! / rmse[gaussianProcess]!) ** 2;
      // Scores that are all the same are predicted without any error.
      return [Number.isFinite(factor) ? factor : 1];
    }),
  );
  engine.write(network.penalty, Float32Array.of(penalty));
}

/** Fits to all rows what the weights are for besides the Gaussian process: ridge regression, and the metrics' means. */
export async function fitOthers(network: AutoNetwork, train: TrainRows, used: UsedRows, features: RowFeatures) {
  const { engine, phase } = train, rows = candidateRows(used, train);
  await phase("fitting ridge regression");
  const [penalty] = (await engine.read([network.penalty]))[0]!;
  const [{ coef, intercept }] = regressionOn(rows, features).fitEach(Uint32Array.from(used.rows.keys()), [
    penalty!,
  ]) as [
    Ridge,
  ];
  engine.write(network.coef, Float32Array.from(coef));
  engine.write(network.intercept, Float32Array.of(intercept));
  const residual = new Float32Array(network.residual.size);
  used.score.forEach((score, i) => residual.set([used.weight[i]! * (score - used.mean), used.weight[i]!], 2 * i));
  engine.write(network.residual, residual);
}
