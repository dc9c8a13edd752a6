import type { MetricRecord } from "../../data/records.ts";
import { dot } from "../../recipes/classical/matrix.ts";
import { clusterMetrics } from "./cluster_metrics.ts";
import { type Corpus, Vocabulary } from "./corpus.ts";
import { WordEvidence } from "./word_evidence.ts";

/** Probability that a sentence does not belong to its text's topic. */
const strayShare = 0.2;

/** A word is at least this part as frequent in topics that it does not belong to. */
const leastRatio = 0.1;

/** What a `TopicModel` learnt, as plain numbers. */
export interface TopicModelState {
  /** The vocabulary. */
  readonly words: readonly string[];
  /** Topic of each metric, [metrics]. */
  readonly topicOf: Float32Array<ArrayBuffer>;
  /** Share of the train records of each topic, [topics]. */
  readonly shares: Float32Array<ArrayBuffer>;
  /** [words, topics] */
  readonly logRatios: Float32Array<ArrayBuffer>;
  /** [topics, topics] */
  readonly likeness: Float32Array<ArrayBuffer>;
}

/**
 * Which metrics a text could have been written for, by its words. Metrics whose texts use words alike share a topic; a topic
 * is a log ratio for each word: how much more frequent it is there than everywhere. Of a text's different sentences each
 * is about the text's topic or a stray one.
 *
 * p(topic | text) ∝ share of the topic · ∏_sentences [(1 - ε) ∏_words ratio(word, topic) + ε Σ_t share(t) ∏_words ratio(word, t)]
 */
export class TopicModel {
  readonly #vocabulary: Vocabulary;
  /** [words][topics], so that a word's row is read at once. */
  readonly #logRatios: readonly Float64Array[];
  /** Topic of each metric. */
  readonly topicOf: Uint32Array;
  /** Share of the train records of each topic. */
  readonly shares: Float64Array;
  /** How alike the words of two topics are: the correlation of their log ratios, [topics][topics]. */
  readonly likeness: readonly Float64Array[];

  private constructor(
    vocabulary: Vocabulary,
    topicOf: Uint32Array,
    shares: Float64Array,
    logRatios: readonly Float64Array[],
    likeness: readonly Float64Array[],
  ) {
    this.#vocabulary = vocabulary;
    this.topicOf = topicOf;
    this.shares = shares;
    this.likeness = likeness;
    this.#logRatios = logRatios;
  }

  /** Number of topics. */
  get topics(): number {
    return this.shares.length;
  }

  /**
   * Learns topics from records whose metrics fit their texts (all but a few may).
   *
   * @param rows numbers of the corpus's records to learn from
   * @param metric of each of them, below `metrics`
   * @param known topic of each metric, where the topics are known, or how alike metrics are by their embeddings,
   *   [metrics][metrics]; see `clusterMetrics`
   */
  static fit(
    corpus: Corpus,
    rows: ArrayLike<number>,
    metric: ArrayLike<number>,
    metrics: number,
    known: { readonly topicOf?: Uint32Array; readonly alike?: readonly Float64Array[] } = {},
  ): TopicModel {
    const evidence = new WordEvidence(), { vocabulary, weight } = corpus;
    const topicOf = known.topicOf ??
      clusterMetrics(corpus.count(rows, metric, metrics), evidence, weight, known.alike);
    const topics = topicOf.reduce((most, topic) => Math.max(most, topic), 0) + 1;
    const topic = Uint32Array.from(metric, (one) => topicOf[one]!);
    const { counts, expected } = corpus.count(rows, topic, topics);
    const logRatios = vocabulary.words.map((_, word) =>
      Float64Array.from(counts, (own, t) => evidence.logRatio(own[word]!, expected[t]![word]!))
    );
    const shares = new Float64Array(topics).fill(0.5 / (rows.length + 0.5 * topics));
    for (const one of topic) shares[one]! += 1 / (rows.length + 0.5 * topics);
    const likeness = correlations(logRatios, topics);
    logRatios.forEach((ratios, word) => {
      balance(ratios, shares);
      // Words that always stand together say no more than one of them.
      for (let t = 0; t < topics; t++) ratios[t]! *= weight[word]!;
    });
    return new TopicModel(vocabulary, topicOf, shares, logRatios, likeness);
  }

  /** p(topic | texts of the record), [topics]. */
  posterior(record: MetricRecord): Float64Array<ArrayBuffer> {
    const { shares } = this;
    const log = shares.map(Math.log);
    for (const set of this.#vocabulary.sentencesOf(record)) {
      const sentence = new Float64Array(shares.length);
      for (const word of set) {
        const ratios = this.#logRatios[word]!;
        for (let t = 0; t < ratios.length; t++) sentence[t]! += ratios[t]!;
      }
      const most = Math.max(...sentence);
      const anywhere = sentence.reduce((sum, value, t) => sum + shares[t]! * Math.exp(value - most), 0);
      sentence.forEach((value, t) =>
        log[t]! += Math.log((1 - strayShare) * Math.exp(value - most) + strayShare * anywhere) + most
      );
    }
    const most = Math.max(...log);
    const unscaled = log.map((value) => Math.exp(value - most));
    const total = unscaled.reduce((sum, value) => sum + value, 0);
    return unscaled.map((value) => value / total);
  }

  /** Everything that was learnt; `fromState` makes the same model of it. */
  state(): TopicModelState {
    const { topics } = this;
    const logRatios = new Float32Array(this.#logRatios.length * topics);
    this.#logRatios.forEach((ratios, word) => logRatios.set(ratios, word * topics));
    return {
      words: this.#vocabulary.words,
      topicOf: Float32Array.from(this.topicOf),
      shares: Float32Array.from(this.shares),
      logRatios,
      likeness: Float32Array.from(this.likeness.flatMap((row) => [...row])),
    };
  }

  /** The model that gave a state. */
  static fromState({ words, topicOf, shares, logRatios, likeness }: TopicModelState): TopicModel {
    const topics = shares.length;
    const rows = words.map((_, word) => Float64Array.from(logRatios.subarray(word * topics, (word + 1) * topics)));
    const alike = Array.from(shares, (_, t) => Float64Array.from(likeness.subarray(t * topics, (t + 1) * topics)));
    return new TopicModel(new Vocabulary(words), Uint32Array.from(topicOf), Float64Array.from(shares), rows, alike);
  }
}

/** Correlations of the topics' log ratios over the words, [topics][topics]. */
function correlations(logRatios: readonly Float64Array[], topics: number): Float64Array[] {
  const rows = Array.from({ length: topics }, (_, t) => {
    const values = Float64Array.from(logRatios, (ratios) => ratios[t]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
    const centred = values.map((value) => value - mean);
    const length = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0));
    return length > 0 ? centred.map((value) => value / length) : centred;
  });
  const found = rows.map(() => new Float64Array(topics));
  rows.forEach((a, s) => {
    for (let t = 0; t <= s; t++) found[s]![t] = found[t]![s] = dot(a, rows[t]!);
  });
  return found;
}

/**
 * Lowers a word's ratios in the topics that it does not belong to, so that over all topics it is as frequent as it is: few
 * sightings cannot tell how rare it is in each of them, but many elsewhere tell how rare it is in all.
 */
function balance(logRatios: Float64Array, shares: Float64Array): void {
  let own = 0, other = 0;
  logRatios.forEach((logRatio, t) => {
    if (logRatio > 0) own += shares[t]! * Math.exp(logRatio);
    else other += shares[t]! * Math.exp(logRatio);
  });
  const left = Math.log(Math.min(Math.max((1 - own) / other, leastRatio), 1));
  logRatios.forEach((logRatio, t) => {
    if (logRatio <= 0) logRatios[t] = logRatio + left;
  });
}
