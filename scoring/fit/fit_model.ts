import type { MetricTable } from "../../data/metrics/metric_table.ts";
import type { Embeddings, Rows } from "../../data/pairs/feature_tables.ts";
import type { OnDone, Phase } from "../../data/observer.ts";
import { calibrate } from "./calibration.ts";
import { type ExpertName, ExpertRows, Experts, type FitTexts, wantedBy } from "./experts.ts";
import { drawMetricParts, rowsByPart } from "./metric_parts.ts";
import { metricDirections } from "./metric_ridge.ts";
import { misfitProbability, misfitScore, type MisfitScores } from "./misfits.ts";
import {
  type HeldOut,
  nothingKnown,
  pickRows,
  type Regime,
  type RegimeName,
  regimeNames,
  seenRegime,
  unseenRegime,
} from "./regimes.ts";
import { Rounds } from "./rounds.ts";
import { findTrainMisfits, misfitFolds } from "./train_misfits.ts";

/** What the fit model says of rows. */
export interface FitEvidence {
  /** p(metric | text) / p(metric) of each row: far above 1 where they fit, near 0 where they do not, [rows]. */
  readonly ratio: Float64Array;
  /** The regime of each row, by its number in `regimeNames`. */
  readonly regime: Uint8Array;
  /** Score to expect of each row if its metric does not fit, [rows]. */
  readonly misfitScore: Float64Array;
}

/** Share of the rows of each regime that do not fit, in the order of `regimeNames`; 0 leaves their scores as they are. */
export type MisfitShares = readonly [seen: number, unseen: number];

/** What a fit model is fitted to. */
export interface FitData extends FitTexts {
  /** Train rows, with their scores. */
  readonly train: Rows & { readonly score: Float32Array };
  /** Number of each train row's group or text. */
  readonly trainGroups: ArrayLike<number>;
  /** Rows held out, with what is known of their texts. */
  readonly heldOut: HeldOut;
  /** The metrics' embeddings. */
  readonly metrics: Embeddings;
}

/** What a fit model knows beside its experts. */
export interface FitState {
  /** Share of the train rows that do not fit. */
  readonly trainShare: number;
  /** The same of those with scores that such rows may have. */
  readonly lowShare: number;
  /** Scores of rows that do not fit. */
  readonly scores: MisfitScores;
  /** How far the experts can be trusted, by regime. */
  readonly regimes: Readonly<Record<RegimeName, Regime>>;
}

/** The metrics that a fit model was fitted to. */
export interface FittedMetrics {
  /** Share of each among the train rows, [metrics]. */
  readonly shares: Float32Array<ArrayBuffer>;
  /** Mean embedding of those that have a share. */
  readonly center: Float32Array<ArrayBuffer>;
}

/**
 * Tells whether a record's metric fits its text at all. A recipe's score is for records that fit; the fit model mixes it with
 * the score of records that do not, by the density ratio p(metric | text) / p(metric) and the share of misfits.
 */
export class FitModel {
  /** Takes the parts of a fitted model. */
  constructor(readonly experts: Experts, readonly metrics: FittedMetrics, readonly state: FitState) {}

  /** True where it tells misfits from others in one regime at least. */
  get informative(): boolean {
    return regimeNames.some((name) => this.state.regimes[name].informative);
  }

  /** Share of the train rows that do not fit, for each regime that is informative. */
  get trainShares(): MisfitShares {
    const { regimes, trainShare } = this.state;
    return [regimes.seen.informative ? trainShare : 0, regimes.unseen.informative ? trainShare : 0];
  }

  /**
   * Fits the experts to the train rows and calibrates them by the held-out rows.
   *
   * @param phase awaited whenever a part of the work is done
   * @returns the model, and the probability of each train row that its metric does not fit
   */
  static async fit(
    { records, texts, train, trainGroups, heldOut, metrics }: FitData,
    phase?: Phase,
  ): Promise<{ readonly model: FitModel; readonly misfit: Float64Array }> {
    const metricParts = drawMetricParts([...train.metric, ...heldOut.rows.metric]);
    const parts = rowsByPart(train.metric, metricParts),
      rounds = new Rounds(phase, 1 + parts.length + misfitFolds(train.score));
    const rows = new ExpertRows({ records, texts }, train, metrics, { parts, rounds });
    const asHeldOut = { rows: train, groups: trainGroups, known: heldOut.known };
    const { regime: seen, experts: all } = await seenRegime(rows, heldOut, asHeldOut);
    const unseen = await unseenRegime(rows, heldOut, metricParts);
    const regimes = { seen, unseen }, wanted = wantedByAny(regimes);
    const experts = (all ?? await Experts.fit(rows, { wanted })).only(wanted);
    const { misfit, ...found } = seen.informative ? await findTrainMisfits(rows, train.score, experts, seen) : {
      ...await findTrainMisfits(rows, new Float32Array(), experts, nothingKnown),
      misfit: new Float64Array(train.text.length),
    };
    return { model: new FitModel(experts, fittedMetrics(rows), { ...found, regimes }), misfit };
  }

  /** The same trust and the same topics with experts fitted to other rows: once measured, a model may learn from all rows. */
  async refit(data: FitTexts, train: Rows, metrics: Embeddings, phase?: Phase): Promise<FitModel> {
    const rounds = new Rounds(phase), rows = new ExpertRows(data, train, metrics, { rounds });
    const wanted = wantedByAny(this.state.regimes);
    const experts = await Experts.fit(rows, { wanted, topicOf: this.experts.words?.topicOf });
    return new FitModel(experts, fittedMetrics(rows), this.state);
  }

  /**
   * What it says of rows.
   *
   * @param table the metrics of training, then any that were added
   * @param onTexts awaited whenever some texts are judged
   */
  async evidence(data: FitTexts, rows: Rows, table: MetricTable, onTexts?: OnDone): Promise<FitEvidence> {
    const { metrics: { shares, center }, state: { regimes, scores } } = this;
    const directions = metricDirections({ data: table.embeddings, dimension: table.dimension }, center);
    const regime = Uint8Array.from(rows.metric, (metric) => (shares[metric] ?? 0) > 0 ? 0 : 1);
    const ratio = new Float64Array(regime.length).fill(1), expected = new Float64Array(regime.length).fill(scores.mean);
    for (const [i, name] of regimeNames.entries()) {
      const { informative, calibration } = regimes[name], own = [...regime.keys()].filter((row) => regime[row] === i);
      if (!informative || own.length === 0) continue;
      const { logRatios, nearness } = await this.experts.only(wantedBy(calibration))
        .judge(data, pickRows(rows, own), directions, table.dimension, onTexts);
      calibrate(calibration, logRatios).forEach((one, at) => ratio[own[at]!] = one);
      nearness.forEach((one, at) => expected[own[at]!] = misfitScore(scores, one));
    }
    return { ratio, regime, misfitScore: expected };
  }

  /** Mixes scores of rows that fit with those of rows that do not. */
  mix(score: Float32Array, evidence: FitEvidence, shares: MisfitShares): Float32Array<ArrayBuffer> {
    return Float32Array.from(score, (value, row) => {
      const misfit = misfitProbability(evidence.ratio[row]!, shares[evidence.regime[row]!]!);
      return misfit > 0 ? (1 - misfit) * value + misfit * evidence.misfitScore[row]! : value;
    });
  }
}

/** Probability that each row's metric fits its text; NaN in a regime that is not judged, whose share is 0. */
export function fitProbabilities({ ratio, regime }: FitEvidence, shares: MisfitShares): Float64Array<ArrayBuffer> {
  return Float64Array.from(ratio, (one, row) => {
    const share = shares[regime[row]!]!;
    return share > 0 ? 1 - misfitProbability(one, share) : NaN;
  });
}

/** The experts that informative regimes lean on. */
function wantedByAny(regimes: FitState["regimes"]): ExpertName[] {
  return regimeNames.flatMap((name) => regimes[name].informative ? wantedBy(regimes[name].calibration) : []);
}

function fittedMetrics({ rows: { metric }, metrics, center }: ExpertRows): FittedMetrics {
  const shares = new Float32Array(metrics);
  for (const one of metric) shares[one]! += 1 / metric.length;
  return { shares, center: Float32Array.from(center) };
}
