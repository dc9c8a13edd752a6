import type { OnDone } from "../../data/observer.ts";
import type { MetricRecord } from "../../data/records.ts";
import type { TextTable } from "../../data/texts/text_layout.ts";
import type { Embeddings, Rows } from "../../data/pairs/feature_tables.ts";
import type { Calibration } from "./calibration.ts";
import { ClassMeans, covarianceWithin } from "./class_means.ts";
import { likenessOf } from "./cluster_metrics.ts";
import { Corpus } from "./corpus.ts";
import { metricDirections, MetricRidge, ridgeEvidence, type RidgePrediction } from "./metric_ridge.ts";
import { Rounds } from "./rounds.ts";
import { textVector, TextVectors } from "./text_vectors.ts";
import { TopicModel } from "./topics.ts";

/** The experts, in the order of their log ratios. */
export const expertNames = ["words", "class means", "ridge"] as const;
/** Name of an expert. */
export type ExpertName = (typeof expertNames)[number];

/** The experts that a calibration leans on. */
export function wantedBy({ slopes }: Calibration): ExpertName[] {
  return expertNames.filter((_, i) => slopes[i]! > 0);
}

/** Most comparisons of a word between two metrics; with more the words are left out, since clustering takes too long. */
const mostComparisons = 5e8;

/** Texts that are judged between two words on how far the work is. */
const textsAtOnce = 64;

/** Records as the fit model sees them. */
export interface FitTexts {
  /** All records; rows name theirs by number. */
  readonly records: readonly MetricRecord[];
  /** The embeddings of their texts, a row a record. */
  readonly texts: TextTable;
}

/** What the experts say of rows. */
export interface Judgement {
  /** log of p(metric | text) / p(metric), by each expert, [experts][rows]; 0 for experts that are left out. */
  readonly logRatios: readonly Float64Array[];
  /** How alike the topics of text and metric are if they are not the same, -1 to 1; NaN where that is not known, [rows]. */
  readonly nearness: Float64Array;
}

/** How experts are fitted to rows. */
export interface ExpertRowsOptions {
  /** Parts of the rows that will be left out in turn, none in two of them. */
  readonly parts?: readonly (readonly number[])[];
  /** Told how far the work is. */
  readonly rounds?: Rounds;
}

/** Rows that experts are fitted to. What several fits share is computed once, when it is first needed. */
export class ExpertRows {
  #corpus?: Promise<Corpus>;
  #vectors?: Promise<TextVectors>;
  #within?: Float64Array;
  /** Parts of the rows that will be left out in turn. */
  readonly parts: readonly (readonly number[])[];
  /** Told how far the work is. */
  readonly rounds: Rounds;
  /** Mean embedding of the metrics that rows have. */
  readonly center: Float64Array;
  /** Directions of all metrics from there, of length 1, [metrics, dimension]. */
  readonly directions: Float64Array;
  /** How many metrics there are. */
  readonly metrics: number;

  constructor(
    readonly data: FitTexts,
    readonly rows: Rows,
    embeddings: Embeddings,
    { parts = [], rounds = new Rounds() }: ExpertRowsOptions = {},
  ) {
    this.parts = parts;
    this.rounds = rounds;
    const { dimension } = embeddings, seen = new Set(rows.metric);
    this.metrics = embeddings.data.length / dimension;
    this.center = new Float64Array(dimension);
    for (const m of seen) {
      for (let k = 0; k < dimension; k++) this.center[k]! += embeddings.data[m * dimension + k]! / seen.size;
    }
    this.directions = metricDirections(embeddings, this.center);
  }

  /** The rows' words. */
  get corpus(): Promise<Corpus> {
    return this.#corpus ??= Corpus.of(
      Array.from(this.rows.text, (text) => this.data.records[text]!),
      (done, total) => this.rounds.phase("counting the words of texts", done, total),
    );
  }

  /** The rows' embeddings. */
  get vectors(): Promise<TextVectors> {
    return this.#vectors ??= TextVectors.of(
      this.data.texts,
      this.rows.text,
      this.parts,
      (done, total) => this.rounds.phase("multiplying the embeddings of texts", done, total),
    );
  }

  /** Factor of the covariance of the rows' embeddings around the mean of their metric. */
  async within(): Promise<Float64Array> {
    return this.#within ??= covarianceWithin(await this.vectors, this.rows.metric, this.metrics);
  }
}

/** Experts fitted to rows; null for those that are left out. */
export class Experts {
  readonly #likeness: readonly Float64Array[];

  /** Takes fitted experts. */
  constructor(
    /** By the words of texts. */
    readonly words: TopicModel | null,
    /** By the embeddings of texts. */
    readonly means: ClassMeans | null,
    /** By the embeddings of texts and metrics. */
    readonly ridge: MetricRidge | null,
  ) {
    this.#likeness = words ? scaledLikeness(words) : [];
  }

  /**
   * Fits experts.
   *
   * @param options.wanted which of them
   * @param options.without rows that are left out
   * @param options.topicOf topic of each metric, where the topics are known
   */
  static async fit(
    of: ExpertRows,
    { wanted, without = [], topicOf }: {
      readonly wanted: readonly ExpertName[];
      readonly without?: readonly number[];
      readonly topicOf?: Uint32Array | undefined;
    },
  ): Promise<Experts> {
    const { rows: { metric }, metrics, directions } = of;
    const means = wanted.includes("class means")
      ? ClassMeans.fit(await of.vectors, metric, directions, metrics, without, await of.within())
      : null;
    const ridge = wanted.includes("ridge")
      ? await MetricRidge.fit(await of.vectors, metric, directions, metrics, without, () => of.rounds.within(0, 1))
      : null;
    return new Experts(wanted.includes("words") ? await fitWords(of, without, topicOf) : null, means, ridge);
  }

  /** Those that are wanted. */
  only(wanted: readonly ExpertName[]): Experts {
    const { words, means, ridge } = this;
    return new Experts(
      wanted.includes("words") ? words : null,
      wanted.includes("class means") ? means : null,
      wanted.includes("ridge") ? ridge : null,
    );
  }

  /**
   * What they say of rows.
   *
   * @param directions of all metrics, those that training lacked last, [metrics, dimension]
   * @param onTexts awaited whenever some texts are done
   */
  async judge(
    { records, texts }: FitTexts,
    { text, metric }: Rows,
    directions: Float64Array,
    dimension: number,
    onTexts: OnDone = async () => {},
  ): Promise<Judgement> {
    const logRatios = expertNames.map(() => new Float64Array(text.length));
    const nearness = new Float64Array(text.length).fill(NaN);
    const rowsOf = new Map<number, number[]>();
    text.forEach((one, row) => rowsOf.has(one) ? rowsOf.get(one)!.push(row) : rowsOf.set(one, [row]));
    const [words, means, ridges] = logRatios as [Float64Array, Float64Array, Float64Array];
    let done = 0;
    for (const [one, rows] of rowsOf) {
      if (done++ % textsAtOnce === 0) await onTexts(done - 1, rowsOf.size);
      const x = this.means || this.ridge ? textVector(texts, one) : null;
      const topics = this.words?.posterior(records[one]!), byMean = x && this.means?.evidence(x);
      const prediction: RidgePrediction | null = x && this.ridge?.predict(x) || null;
      for (const row of rows) {
        const m = metric[row]!, topic = this.words?.topicOf[m];
        if (topics && topic !== undefined) {
          words[row] = Math.log(topics[topic]! / this.words!.shares[topic]!);
          nearness[row] = this.#nearness(topics, topic);
        }
        const mean = byMean?.[m] ?? 0;
        means[row] = Number.isFinite(mean) ? mean : 0;
        if (!prediction) continue;
        ridges[row] = ridgeEvidence(prediction, directions.subarray(m * dimension, (m + 1) * dimension));
      }
    }
    return { logRatios, nearness };
  }

  /** How alike a metric's topic and the others of a text are. */
  #nearness(topics: Float64Array, topic: number): number {
    let near = 0, other = 0;
    topics.forEach((share, t) => {
      if (t === topic) return;
      near += share * this.#likeness[t]![topic]!;
      other += share;
    });
    return other > 0 ? near / other : 0;
  }
}

async function fitWords(
  of: ExpertRows,
  without: readonly number[],
  topicOf: Uint32Array | undefined,
): Promise<TopicModel | null> {
  const { rows: { metric }, metrics, directions } = of, corpus = await of.corpus;
  const dimension = directions.length / metrics;
  if (!topicOf && metrics ** 2 * corpus.vocabulary.words.length > mostComparisons) return null;
  const left = new Set(without), inside = [...metric.keys()].filter((row) => !left.has(row));
  const known = topicOf ? { topicOf } : {
    alike: likenessOf(
      Array.from({ length: metrics }, (_, m) => directions.subarray(m * dimension, (m + 1) * dimension)),
    ),
  };
  return TopicModel.fit(corpus, inside, inside.map((row) => metric[row]!), metrics, known);
}

/** How alike topics are, in units of how much likenesses differ, drawn in at both ends: -1 to 1. */
function scaledLikeness({ likeness }: TopicModel): Float64Array[] {
  const others = likeness.flatMap((row, t) => [...row].filter((_, s) => s !== t));
  const deviation = Math.sqrt(others.reduce((sum, value) => sum + value ** 2, 0) / Math.max(others.length, 1)) || 1;
  return likeness.map((row) => row.map((value) => Math.tanh(value / deviation)));
}
