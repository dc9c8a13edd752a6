import type { RealSet } from "./sets.ts";

/** Figures that others have published on part of a set. */
export interface Published {
  /** Name of the set. */
  readonly set: string;
  /** Name of the published model. */
  readonly model: string;
  /** What the test records in question have in common, for the title of the table. */
  readonly part: string;
  /** Numbers of those test records. */
  rows(test: RealSet["test"]): number[];
  /** Spearman's correlation by the name of the metric. */
  readonly spearman: Readonly<Record<string, number>>;
  /** How the figures compare with ours. */
  readonly caveat: string;
}

/**
 * UniEval on the responses of Topical-Chat, reference-free.
 *
 * @see Zhong et al., "Towards a Unified Multi-Dimensional Evaluator for Text Generation" (2022)
 */
const unieval: Published = {
  set: "usr",
  model: "UniEval",
  part: "Topical-Chat",
  rows: (test) => test.flatMap(({ extra: { system } }, row) => String(system).startsWith("TopicalChat") ? [row] : []),
  spearman: {
    "response/natural": 0.514,
    "response/maintains context": 0.613,
    "response/interesting": 0.605,
    "response/understandable": 0.468,
  },
  caveat:
    "UniEval reads the texts with a fine-tuned T5 and was not trained on these conversations' scores; its figures are over " +
    "all responses of Topical-Chat. Ours reads frozen MiniLM embeddings and is trained on the scores of other " +
    "conversations of the same data; its figures are over the responses of the test part. The two are not like for like.",
};

/** All published figures that ours are set beside. */
export const published: readonly Published[] = [unieval];
