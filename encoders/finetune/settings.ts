import type { TextField } from "../../data/texts/text_layout.ts";

/** Losses that an encoder can be tuned with. */
export const finetuneLosses = ["mnr", "contrastive", "triplet", "cosine"] as const;
/** What makes two texts a pair. */
export const pairKinds = ["texts", "metrics", "definitions"] as const;
/** What makes two texts a pair; see `TextPool`. */
export type PairKind = (typeof pairKinds)[number];

/** What pairs and losses need to know; `runs/finetune/settings.ts` has the table that users set them by. */
export interface TuningSettings {
  /** What is minimised. */
  readonly loss: (typeof finetuneLosses)[number];
  /** What makes two texts a pair; "auto" for all that the data give. */
  readonly pairs: "auto" | PairKind;
  /** Which text of a record. */
  readonly field: TextField;
  /** Score from which a text counts as fitting its metric. */
  readonly highScore: number;
  /** Pairs in a step. */
  readonly batch: number;
  /** "mnr": factor on the cosines. */
  readonly scale: number;
  /** "contrastive" and "triplet": distance from which a negative costs nothing. */
  readonly margin: number;
  /** Lower layers that stay as they are, the embeddings with them. */
  readonly freeze: number;
  /** Rank of changes of attention's projections, which alone are trained then; 0 to train the weights. */
  readonly lora: number;
  /** Seed of every random choice. */
  readonly seed: number;
}
