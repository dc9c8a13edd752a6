import { EmbeddingModel } from "./embedding_model.ts";
import type { Corpus } from "./corpus.ts";
import type { ExpertOdds } from "./calibration.ts";
import type { GateReading, GateRows, GateTexts } from "./gate_rows.ts";
import { metricCosines, standardized } from "./metric_likeness.ts";
import type { Scatter } from "./scatter.ts";
import { TopicModel } from "./topic_model.ts";
import type { Embeddings } from "../training_data.ts";

/** What experts say of rows. */
export interface Judgement {
  /** log of p(metric | texts) / p(metric) of each row, by the words and by the embeddings. */
  readonly logOdds: ExpertOdds;
  /** How alike the topics of text and metric are if they are not the same, -1 to 1. */
  readonly nearness: Float64Array;
}

/** How a gate's experts are fitted. */
export interface ExpertsForm {
  /** Topic of each metric, where the topics are known. */
  readonly topicOf?: Uint32Array;
  /** The one that goes by embeddings, where it is fitted to the same rows already. */
  readonly places?: EmbeddingModel | null;
  /** Power of the words' weights; see `TopicModel.fit`. */
  readonly damping: number;
}

/** Two that tell which metrics a text could have been written for: one by its words, one by where its embedding lies. */
export class GateExperts {
  /** How alike topics are, [topics][topics]. */
  readonly likeness: readonly Float64Array[];

  /** Takes fitted experts. */
  constructor(
    /** The one that goes by words. */
    readonly topics: TopicModel,
    /** The one that goes by embeddings; null in gates that are older than it. */
    readonly places: EmbeddingModel | null,
  ) {
    this.likeness = likenessOf(topics);
  }

  /**
   * Fits both to the rows of some records.
   *
   * @param corpus the records' words
   * @param inside which of the corpus's records, and so of the rows, are learnt from
   */
  static fit(
    corpus: Corpus,
    { text, metric }: GateRows,
    inside: readonly number[],
    { texts, metrics, scatter }: Pick<GateTexts, "texts"> & { readonly metrics: Embeddings; readonly scatter: Scatter },
    { topicOf, places, damping }: ExpertsForm,
  ): GateExperts {
    const rows = {
      text: Uint32Array.from(inside, (i) => text[i]!),
      metric: Uint32Array.from(inside, (i) => metric[i]!),
    };
    const count = metrics.data.length / metrics.dimension;
    const known = topicOf ? { topicOf } : { alike: standardized(metricCosines(metrics)) };
    return new GateExperts(
      TopicModel.fit(corpus, inside, rows.metric, count, { ...known, damping }),
      places ?? EmbeddingModel.fit(texts, rows, metrics, scatter),
    );
  }

  /** What they say of a record. */
  read({ records, texts }: GateTexts, record: number): GateReading {
    return {
      topics: this.topics.posterior(records[record]!),
      places: this.places?.logOdds(texts, record) ?? new Float64Array(),
    };
  }

  /** What they say of rows, by what they say of their records. */
  judge(reading: (record: number) => GateReading, { text, metric }: GateRows): Judgement {
    const { topics: { topicOf, shares }, likeness } = this;
    const words = new Float64Array(text.length), places = new Float64Array(text.length);
    const nearness = new Float64Array(text.length);
    text.forEach((record, row) => {
      const said = reading(record), topic = topicOf[metric[row]!]!;
      words[row] = Math.log(said.topics[topic]! / shares[topic]!);
      places[row] = said.places[metric[row]!] ?? 0;
      let near = 0, other = 0;
      said.topics.forEach((share, t) => {
        if (t === topic) return;
        near += share * likeness[t]![topic]!;
        other += share;
      });
      nearness[row] = other > 0 ? near / other : 0;
    });
    return { logOdds: [words, places], nearness };
  }
}

/** How alike topics are, in units of how much likenesses differ, drawn in at both ends: -1 to 1. */
function likenessOf({ likeness }: TopicModel): Float64Array[] {
  const others = likeness.flatMap((row, t) => [...row].filter((_, s) => s !== t));
  const spread = Math.sqrt(others.reduce((sum, value) => sum + value ** 2, 0) / Math.max(others.length, 1)) || 1;
  return likeness.map((row) => row.map((value) => Math.tanh(value / spread)));
}
