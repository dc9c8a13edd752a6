import type { MetricTable } from "../../data/metric_table.ts";
import type { SafetensorsFile, SafetensorsTensor } from "../../engine/safetensors.ts";
import { DataError } from "../../kernels/errors.ts";
import { calibrate, chanceLoss, meanLoss, type OddsCalibration, pairAccuracy } from "./calibration.ts";
import { chooseExperts } from "./choose_experts.ts";
import { Corpus } from "./corpus.ts";
import { EmbeddingModel } from "./embedding_model.ts";
import { GateExperts } from "./experts.ts";
import type { GateData, GateEvidence, GateReading, GateRows, GateTexts } from "./gate_rows.ts";
import {
  estimateMisfitShare,
  fitMisfitScores,
  highestMisfitScore,
  misfitProbability,
  misfitScore,
  type MisfitScores,
} from "./mixture_fit.ts";
import { scatterWithin } from "./scatter.ts";
import { TopicModel } from "./topic_model.ts";

/** Parts of the train records that take turns at being judged by what the others taught. */
const folds = 5;

/** Share of pairs of a fitting and a swapped row that the gate has to order rightly to be listened to. */
const leastAccuracy = 0.65;

/** Standard errors by which held-out rows have to be likelier than by chance for the same. */
const surely = 2;

/** A gate, and what it makes of the rows that it was fitted to. */
export interface FittedGate {
  /** Ready to judge new records. */
  readonly gate: FitGate;
  /** Probability of each train row that its metric does not fit. */
  readonly misfit: Float64Array;
}

/** Numbers beside the experts. */
export interface GateState {
  /** Share of the train rows that do not fit. */
  readonly trainShare: number;
  /** The same of those with scores that such rows may have; older gates lack it. */
  readonly lowShare?: number;
  /** Power of the words' weights; see `TopicModel.fit`. */
  readonly damping: number;
  /** Of the odds. */
  readonly calibration: OddsCalibration;
  /** Share of pairs of a fitting and a swapped row that the odds order rightly. */
  readonly accuracy: number;
  /** Share that it calls misfits, by odds below 1, of validation rows and of those with swapped metrics; older gates lack it. */
  readonly called?: readonly [fitting: number, swapped: number];
  /** Whether held-out rows are surely likelier by the odds than by chance. */
  readonly informative: boolean;
  /** Scores of rows that do not fit. */
  readonly scores: MisfitScores;
}

/**
 * Tells records whose metric fits their texts from others, and what the others score. A recipe's scores are for records that
 * fit; the gate mixes them with those of records that do not, by a share that may differ between train and test: this is
 * label shift between two classes (Saerens et al., 2002).
 */
export class FitGate {
  private constructor(
    readonly experts: GateExperts,
    readonly state: GateState,
    /** Odds of the validation rows; empty in older gates. */
    readonly heldOut: Float64Array,
  ) {}

  /** Share of the train rows that do not fit. */
  get trainShare(): number {
    return this.state.trainShare;
  }

  /** Share of pairs of a validation row and one with a swapped metric that it orders rightly; 0.5 is chance. */
  get accuracy(): number {
    return this.state.accuracy;
  }

  /** False where texts do not tell metrics apart, so that scores are better left alone. */
  get informative(): boolean {
    return this.state.informative;
  }

  /** Learns which texts metrics have, how far to trust that, and the scores of train rows that do not fit. */
  static fit(data: GateData): FittedGate {
    const { records, texts, train, metrics } = data;
    const corpus = new Corpus(Array.from(train.text, (text) => records[text]!));
    const scatter = scatterWithin(texts, train, metrics.data.length / metrics.dimension);
    const { experts, damping, calibration: fitted, plain, swapped } = chooseExperts(corpus, data, scatter);
    const { slopes, shift } = fitted ?? { slopes: [1, 0], shift: 0 }, calibration = { slopes, shift };

    // Of the train rows what is not learnt from them: each fold is judged by the others.
    const readings = new Map<number, GateReading>(), form = { topicOf: experts.topics.topicOf, damping };
    for (let fold = 0; fold < folds; fold++) {
      const inside = train.text.map((_, i) => i).filter((i) => i % folds !== fold);
      const others = GateExperts.fit(corpus, train, [...inside], { texts, metrics, scatter }, form);
      train.text.forEach((text, i) => i % folds === fold && readings.set(text, others.read(data, text)));
    }
    const own = experts.judge((record) => readings.get(record)!, train), odds = calibrate(calibration, own.logOdds);

    const fitting = calibrate(calibration, plain), swaps = swapped && calibrate(calibration, swapped);
    const accuracy = swaps ? pairAccuracy(fitting, swaps) : 0.5;
    const { loss, error } = fitted ? meanLoss(fitted.losses) : { loss: chanceLoss, error: 0 };
    const calledOf = (odds: Float64Array) => odds.filter((one) => one < 1).length / Math.max(odds.length, 1);

    // Only rows with low scores can be ones that do not fit.
    const low = [...train.score.keys()].filter((i) => train.score[i]! <= highestMisfitScore);
    const lowShare = low.length > 0 ? estimateMisfitShare(low.map((i) => odds[i]!)) : 0;
    const probable = low.map((i) => misfitProbability(odds[i]!, lowShare));
    const misfit = new Float64Array(odds.length);
    low.forEach((i, at) => misfit[i] = probable[at]!);
    const state: GateState = {
      damping,
      calibration,
      trainShare: Math.max(lowShare * low.length / odds.length, 1e-6),
      lowShare,
      accuracy,
      informative: accuracy >= leastAccuracy && loss + surely * error < chanceLoss,
      called: [calledOf(fitting), swaps ? calledOf(swaps) : 0],
      scores: fitMisfitScores(low.map((i) => own.nearness[i]!), low.map((i) => train.score[i]!), probable),
    };
    return { gate: new FitGate(experts, state, fitting), misfit };
  }

  /**
   * The same topics, trust and scores, with words and places counted in other rows: once a gate was judged by rows that were
   * held out, it may learn from them too.
   */
  recount(
    { records, texts }: GateTexts,
    rows: GateRows,
    metrics: GateData["metrics"],
  ): FitGate {
    const { experts: { topics: { topicOf } }, state: { damping } } = this;
    const corpus = new Corpus(Array.from(rows.text, (record) => records[record]!));
    const scatter = scatterWithin(texts, rows, topicOf.length);
    const form = { topicOf, damping };
    const experts = GateExperts.fit(corpus, rows, [...rows.text.keys()], { texts, metrics, scatter }, form);
    return new FitGate(experts, this.state, this.heldOut);
  }

  /** What the experts say of records, [records]. */
  read(texts: GateTexts): GateReading[] {
    return texts.records.map((_, record) => this.experts.read(texts, record));
  }

  /**
   * What the gate says of rows whose records have these readings.
   *
   * @param table the metrics; one that was added after training counts as the most alike that was there
   */
  evidence(readings: readonly GateReading[], { text, metric }: GateRows, table: MetricTable): GateEvidence {
    const known = this.#knownMetrics(table);
    const rows = { text, metric: metric.map((one) => known[one]!) };
    const { logOdds, nearness } = this.experts.judge((record) => readings[record]!, rows);
    const { calibration, scores } = this.state;
    return {
      odds: calibrate(calibration, logOdds),
      misfitScore: nearness.map((one) => misfitScore(scores, one)),
    };
  }

  /** For each metric of a table itself, or the nearest that the gate was fitted with. */
  #knownMetrics(table: MetricTable): Uint32Array {
    const known = this.experts.topics.topicOf.length;
    return Uint32Array.from(table.names, (_, metric) => {
      if (metric < known) return metric;
      let best = 0, most = -Infinity;
      for (let other = 0; other < known; other++) {
        const alike = cosine(table.row(metric), table.row(other));
        if (alike > most) [best, most] = [other, alike];
      }
      return best;
    });
  }

  /** Mixes scores of rows that fit with those of rows that do not. @param share of the rows that do not */
  mix(score: Float32Array, { odds, misfitScore }: GateEvidence, share: number): Float32Array<ArrayBuffer> {
    return Float32Array.from(score, (value, row) => {
      const misfit = misfitProbability(odds[row]!, share);
      return (1 - misfit) * value + misfit * misfitScore[row]!;
    });
  }

  /** Everything that was learnt, as a safetensors file holds it. */
  toFile(): { tensors: Map<string, SafetensorsTensor>; metadata: Record<string, string> } {
    const { topics, places } = this.experts;
    const { words, topicOf, shares, logRatios, likeness } = topics.state();
    const f32 = (data: Float32Array<ArrayBuffer>, ...shape: number[]) => ({ dtype: "F32" as const, shape, data });
    const tensors = new Map([
      ["topic_of_metric", f32(topicOf, topicOf.length)],
      ["topic_shares", f32(shares, shares.length)],
      ["log_ratios", f32(logRatios, words.length, shares.length)],
      ["likeness", f32(likeness, shares.length, shares.length)],
      ["held_out_odds", f32(Float32Array.from(this.heldOut), this.heldOut.length)],
    ]);
    if (places) {
      const { weights, offsets, logShares } = places, metrics = offsets.length;
      tensors.set("place_weights", f32(weights, metrics, weights.length / metrics));
      tensors.set("place_offsets", f32(offsets, metrics));
      tensors.set("metric_log_shares", f32(logShares, metrics));
    }
    return { tensors, metadata: { words: JSON.stringify(words), state: JSON.stringify(this.state) } };
  }

  /** The gate of a file. @throws DataError when a part is missing */
  static fromFile({ tensors, metadata }: SafetensorsFile, source: string): FitGate {
    const part = (name: string) => {
      const data = tensors.get(name)?.data;
      if (!(data instanceof Float32Array)) throw new DataError(`${source}: "${name}" of float32 numbers is expected.`);
      return data as Float32Array<ArrayBuffer>;
    };
    if (!metadata.words || !metadata.state) throw new DataError(`${source} lacks "words" and "state".`);
    const topics = TopicModel.fromState({
      words: JSON.parse(metadata.words),
      topicOf: part("topic_of_metric"),
      shares: part("topic_shares"),
      logRatios: part("log_ratios"),
      likeness: part("likeness"),
    });
    // Older gates go by words alone, and some of them have no more than an exponent of the odds.
    const places = tensors.has("place_weights")
      ? new EmbeddingModel(part("place_weights"), part("place_offsets"), part("metric_log_shares"))
      : null;
    const { temperature = 1, calibration: kept, ...state } = JSON.parse(metadata.state);
    const calibration = { slopes: [kept?.slope ?? temperature, 0], shift: 0, ...kept };
    const informative = state.accuracy >= leastAccuracy;
    const heldOut = Float64Array.from(tensors.has("held_out_odds") ? part("held_out_odds") : []);
    return new FitGate(new GateExperts(topics, places), { damping: 0, informative, ...state, calibration }, heldOut);
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1);
}
