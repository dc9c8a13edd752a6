import type { MetricTable } from "../../data/metric_table.ts";
import type { MetricRecord } from "../../data/records.ts";
import type { SafetensorsFile, SafetensorsTensor } from "../../engine/safetensors.ts";
import { DataError } from "../../kernels/errors.ts";
import {
  estimateMisfitShare,
  fitMisfitScores,
  highestMisfitScore,
  misfitProbability,
  misfitScore,
  type MisfitScores,
} from "./mixture_fit.ts";
import {
  calibrate,
  chanceLoss,
  fitCalibration,
  type OddsCalibration,
  pairAccuracy,
  uncalibrated,
} from "./calibration.ts";
import { Corpus } from "./corpus.ts";
import type { GateData, GateEvidence, GateRows } from "./gate_rows.ts";
import { TopicModel } from "./topic_model.ts";

/** Parts of the train records that take turns at being judged by what the others taught. */
const folds = 5;

/** Share of pairs of a fitting and a swapped row that the gate has to order rightly to be listened to. */
const leastAccuracy = 0.65;

/** Standard errors by which held-out rows have to be likelier than by chance for the same. */
const surely = 2;

/** Powers of the words' weights that are tried. */
const dampings = [0, 0.5, 1] as const;

/** A gate, and what it makes of the rows that it was fitted to. */
export interface FittedGate {
  /** Ready to judge new records. */
  readonly gate: FitGate;
  /** Probability of each train row that its metric does not fit. */
  readonly misfit: Float64Array;
}

/** Numbers beside the topic model. */
export interface GateState {
  /** Share of the train rows that do not fit. */
  readonly trainShare: number;
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
    readonly topics: TopicModel,
    readonly likeness: readonly Float64Array[],
    readonly state: GateState,
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

  /** Learns topics, how far to trust them, and the scores of train rows that do not fit. */
  static fit({ records, train, validation, mismatched, metrics }: GateData): FittedGate {
    const corpus = new Corpus(Array.from(train.text, (text) => records[text]!));
    const { unfitted, plain, swapped, calibration: fitted } = FitGate.#leastDamped(corpus, {
      records,
      train,
      validation,
      mismatched,
      metrics,
    });
    const { topics, state: { damping } } = unfitted;

    // Of the train rows what is not learnt from them: each fold is judged by the others.
    const posterior = new Map<number, Float64Array>();
    for (let fold = 0; fold < folds; fold++) {
      const inside = train.text.map((_, i) => i).filter((i) => i % folds !== fold);
      const metric = inside.map((i) => train.metric[i]!);
      const model = TopicModel.fit(corpus, inside, metric, metrics, { topicOf: topics.topicOf, damping });
      train.text.forEach((text, i) => i % folds === fold && posterior.set(text, model.posterior(records[text]!)));
    }
    const own = unfitted.#judge((record) => posterior.get(record)!, train);
    const accuracy = swapped ? pairAccuracy(plain, swapped) : 0.5;
    const { slope, shift, loss, lossError } = fitted, calibration = { slope, shift };
    const informative = accuracy >= leastAccuracy && loss + surely * lossError < chanceLoss;
    const calledOf = (odds: Float64Array) =>
      calibrate(calibration, odds).filter((one) => one < 1).length / Math.max(odds.length, 1);
    const called = [calledOf(plain), swapped ? calledOf(swapped) : 0] as const;

    // Only rows with low scores can be ones that do not fit.
    const odds = calibrate(calibration, own.odds)
      .map((one, i) => train.score[i]! > highestMisfitScore ? Infinity : one);
    const trainShare = estimateMisfitShare(odds, 0.01);
    const weight = odds.map((one) => misfitProbability(one, 0.5));
    const scores = fitMisfitScores(own.nearness, train.score, weight);
    return {
      gate: new FitGate(topics, unfitted.likeness, {
        damping,
        calibration,
        trainShare,
        accuracy,
        informative,
        called,
        scores,
      }),
      misfit: odds.map((one) => misfitProbability(one, trainShare)),
    };
  }

  /**
   * The same topics, trust and scores, with the words counted in other rows: once a gate was judged by rows that were held
   * out, it may learn from them too.
   */
  recount(records: readonly MetricRecord[], { text, metric }: GateRows): FitGate {
    const { topics: { topicOf }, state: { damping } } = this;
    const corpus = new Corpus(Array.from(text, (record) => records[record]!));
    const topics = TopicModel.fit(corpus, [...text.keys()], metric, topicOf.length, { topicOf, damping });
    return new FitGate(topics, likenessOf(topics), this.state);
  }

  /** p(topic | texts) of records, [records][topics]. */
  posteriors(records: readonly MetricRecord[]): Float64Array[] {
    return records.map((record) => this.topics.posterior(record));
  }

  /**
   * What the gate says of rows whose records have these posteriors.
   *
   * @param table the metrics; one that was added after training counts as the most alike that was there
   */
  evidence(posteriors: readonly Float64Array[], { text, metric }: GateRows, table: MetricTable): GateEvidence {
    const known = this.#knownMetrics(table);
    const rows = { text, metric: metric.map((one) => known[one]!) };
    const { odds, nearness } = this.#judge((record) => posteriors[record]!, rows);
    const { calibration, scores } = this.state;
    return {
      odds: calibrate(calibration, odds),
      misfitScore: nearness.map((one) => misfitScore(scores, one)),
    };
  }

  /** For each metric of a table itself, or the nearest that the gate was fitted with. */
  #knownMetrics(table: MetricTable): Uint32Array {
    const known = this.topics.topicOf.length;
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

  #judge(
    of: (record: number) => Float64Array,
    { text, metric }: GateRows,
  ): { odds: Float64Array; nearness: Float64Array } {
    const { topics, likeness } = this;
    const odds = new Float64Array(text.length), nearness = new Float64Array(text.length);
    text.forEach((record, row) => {
      const posterior = of(record);
      const topic = topics.topicOf[metric[row]!]!;
      odds[row] = posterior[topic]! / topics.shares[topic]!;
      let near = 0, other = 0;
      posterior.forEach((share, t) => {
        if (t === topic) return;
        near += share * likeness[t]![topic]!;
        other += share;
      });
      nearness[row] = other > 0 ? near / other : 0;
    });
    return { odds, nearness };
  }

  /**
   * Topics with words damped, and odds shifted, as little as held-out rows allow: of what makes those rows as likely as the
   * best does, within a standard error, the simplest. Few records need it, many do not.
   */
  static #leastDamped(corpus: Corpus, { records, train, validation, mismatched, metrics }: GateData) {
    const rows = [...train.text.keys()];
    const plainTopics = TopicModel.fit(corpus, rows, train.metric, metrics), { topicOf } = plainTopics;
    const tried = dampings.flatMap((damping) => {
      const topics = damping === 0
        ? plainTopics
        : TopicModel.fit(corpus, rows, train.metric, metrics, { topicOf, damping });
      const scores = fitMisfitScores([], [], []);
      const state = { damping, calibration: uncalibrated, trainShare: 0, accuracy: 0.5, informative: false, scores };
      const unfitted = new FitGate(topics, likenessOf(topics), state);
      const plain = FitGate.#rawOdds(unfitted, records, validation);
      const swapped = mismatched && FitGate.#rawOdds(unfitted, records, mismatched);
      return [false, true].map((shifts) => ({
        unfitted,
        plain,
        swapped,
        shifts,
        calibration: swapped
          ? fitCalibration(plain, swapped, { shifts })
          : { ...uncalibrated, loss: chanceLoss, lossError: 0 },
      }));
    });
    const best = tried.reduce((a, b) => b.calibration.loss < a.calibration.loss ? b : a).calibration;
    const near = tried.filter(({ calibration: { loss } }) => loss <= best.loss + best.lossError);
    return near.find(({ shifts }) => !shifts) ?? near[0]!;
  }

  /** Odds of held-out rows before they are calibrated. */
  static #rawOdds(gate: FitGate, records: readonly MetricRecord[], rows: GateRows): Float64Array {
    const posterior = new Map<number, Float64Array>();
    for (const text of rows.text) if (!posterior.has(text)) posterior.set(text, gate.topics.posterior(records[text]!));
    return gate.#judge((record) => posterior.get(record)!, rows).odds;
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
    const { words, topicOf, shares, logRatios, likeness } = this.topics.state();
    const f32 = (data: Float32Array<ArrayBuffer>, ...shape: number[]) => ({ dtype: "F32" as const, shape, data });
    return {
      tensors: new Map([
        ["topic_of_metric", f32(topicOf, topicOf.length)],
        ["topic_shares", f32(shares, shares.length)],
        ["log_ratios", f32(logRatios, words.length, shares.length)],
        ["likeness", f32(likeness, shares.length, shares.length)],
      ]),
      metadata: { words: JSON.stringify(words), state: JSON.stringify(this.state) },
    };
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
    // Older gates have an exponent of the odds alone.
    const { temperature: slope = 1, ...state } = JSON.parse(metadata.state);
    const informative = state.accuracy >= leastAccuracy, calibration = { slope, shift: 0 };
    return new FitGate(topics, likenessOf(topics), { damping: 0, calibration, informative, ...state });
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1);
}

/** How alike topics are, in units of how much likenesses differ, drawn in at both ends: -1 to 1. */
function likenessOf(topics: TopicModel): Float64Array[] {
  const { likeness } = topics;
  const others = likeness.flatMap((row, t) => [...row].filter((_, s) => s !== t));
  const spread = Math.sqrt(others.reduce((sum, value) => sum + value ** 2, 0) / Math.max(others.length, 1)) || 1;
  return likeness.map((row) => row.map((value) => Math.tanh(value / spread)));
}
