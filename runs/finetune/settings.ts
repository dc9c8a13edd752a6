import { finetuneLosses, pairKinds } from "../../encoders/finetune/settings.ts";
import { textFields } from "../../data/texts/text_layout.ts";
import { choice, type Field, number } from "../../recipes/settings/field.ts";
import type { Values } from "../../recipes/settings/table.ts";
import { nonfiniteActions, precisions } from "../../recipes/training/precision.ts";

/** Kinds of the settings of fine-tuning. */
export type FinetuneTable = {
  readonly loss: Field<"mnr" | "contrastive" | "triplet" | "cosine">;
  readonly pairs: Field<"auto" | "texts" | "metrics" | "definitions">;
  readonly field: Field<"system_prompt" | "user_prompt" | "response" | "text">;
  readonly highScore: Field<number>;
  readonly epochs: Field<number>;
  readonly batch: Field<number>;
  readonly lr: Field<number>;
  readonly weightDecay: Field<number>;
  readonly clip: Field<number>;
  readonly scale: Field<number>;
  readonly margin: Field<number>;
  readonly freeze: Field<number>;
  readonly lora: Field<number>;
  readonly maxTokens: Field<number>;
  readonly memory: Field<number>;
  readonly precision: Field<"f32" | "mixed">;
  readonly onNonfinite: Field<"stop" | "skip" | "reduce-scale">;
  readonly seed: Field<number>;
};

/** Settings of fine-tuning. */
export const finetuneTable: FinetuneTable = {
  loss: choice("mnr", finetuneLosses, "what is minimised: multiple negatives ranking, or a loss of pairs or triplets"),
  pairs: choice("auto", ["auto", ...pairKinds], "what makes two texts a pair; auto for all that the data give"),
  field: choice("text", textFields, "which text of a record; text for all of them put together"),
  highScore: number(8, [0, 10, false], "score from which a text counts as fitting its metric"),
  epochs: number(3, [1, 1e4, true], "how often all texts are gone through"),
  batch: number(64, [2, 1024, true], "pairs in a step; each is a negative of the others"),
  lr: number(2e-5, [1e-12, 1, false], "learning rate after the warm-up"),
  weightDecay: number(0.01, [0, 10, false], "shrinks all weights but biases and those of norms"),
  clip: number(1, [0, 1e9, false], "largest global norm of the gradient; 0 for no limit"),
  scale: number(20, [0.01, 1e4, false], "mnr: factor on the cosines"),
  margin: number(0.5, [0, 2, false], "contrastive and triplet: distance from which a negative costs nothing"),
  freeze: number(0, [0, 1000, true], "lower layers that stay as they are, the embeddings with them"),
  lora: number(
    0,
    [0, 1024, true],
    "rank of changes of attention's projections, which alone are trained then (LoRA); 0 to train the weights",
  ),
  maxTokens: number(128, [3, 1e5, true], "tokens of a text that are read"),
  memory: number(512, [1, 1e6, true], "MiB that what lies between forward and backward may take"),
  precision: choice("f32", precisions, "numbers that products of matrices read: f32, or f16 with sums of f32"),
  onNonfinite: choice(
    "stop",
    nonfiniteActions,
    "at a gradient that is NaN or infinite: stop, skip the step, or skip it and halve the scale of the loss",
  ),
  seed: number(1, [0, 2 ** 32 - 1, true], "seed of every random choice"),
};

/** Values of the settings of fine-tuning. */
export type FinetuneSettings = Values<FinetuneTable>;
