import type { Engine } from "../engine/engine.ts";
import type { FileTensor } from "../engine/files/safetensors_reader.ts";
import type { Module, ModuleOptions } from "../engine/nn/module.ts";
import type { Shape } from "../engine/tensors/storage.ts";
import type { Tensor } from "../engine/tensors/tensor.ts";
import type { Philox } from "../kernels/philox.ts";
import type { Batch, LabelledBatch } from "./training/batch.ts";
import type { Choice } from "./choice.ts";
import type { Phase } from "../data/observer.ts";
import type { Documented } from "./settings/documented.ts";
import type { Settings } from "./settings/shared.ts";
import type { Table } from "./settings/table.ts";
import type { FeatureTables, LabelledRows } from "../data/pairs/feature_tables.ts";

/** Widths of what a network sees. */
export interface Widths {
  /** Dimensions of a metric's embedding. */
  readonly metric: number;
  /** Dimensions of one text's embedding. */
  readonly text: number;
  /** Texts of a row: 1, or the fields of the layout. */
  readonly fields: number;
  /** Dimensions of a record's text statistics. */
  readonly statistics: number;
  /** Rows that are trained on, those that augmentation adds among them. */
  readonly trainRows: number;
  /** Most rows that `refit` is given: the train rows, and the validation rows where they are fitted to in the end. */
  readonly fittedRows: number;
}

/** Scores of a batch, with what the network says of how sure it is. */
export interface BatchPrediction {
  /** Expected scores, [batch]; they are clamped to 0..10 afterwards. */
  readonly score: Tensor;
  /** Variances of the scores, [batch]. */
  readonly variance?: Tensor;
  /** Probabilities of the scores 0..10, [batch, 11]. */
  readonly probabilities?: Tensor;
}

/** The train rows, for what is fitted to them in closed form. */
export interface TrainRows {
  /** Whose GPU the network lives on. */
  readonly engine: Engine;
  /** Embeddings on the host; their rows are those of all records, so that only what `rows` names may be fitted to. */
  readonly tables: FeatureTables;
  /** The rows, those that augmentation added among them. */
  readonly rows: LabelledRows;
  /** Computes something of every train row, without gradients and in evaluation: [rows, columns], row-major. */
  compute(of: (batch: Batch) => Tensor): Promise<Float32Array<ArrayBuffer>>;
  /**
   * Says what is being done ("searching length scales", 3 of 40), and lets Ctrl-C be answered. A long loop awaits it each
   * time round; it yields to the event loop only as often as needed.
   *
   * @throws the signal's reason when the run is to stop; let it pass
   */
  readonly phase: Phase;
}

/** A weight that may be more than a machine holds. */
export interface LargestWeight {
  /** "A full bilinear form". */
  readonly what: string;
  /** Its sizes. */
  readonly shape: Shape;
  /** The setting that does without it. */
  readonly instead: string;
}

/**
 * A way to score records: its settings, its network and its loss. Everything else, from files to checkpoints, is shared.
 * Values that are fitted rather than learnt are buffers of the network: they are saved and loaded with its parameters, and
 * no optimiser touches them.
 */
export interface Recipe<S extends Settings = Settings, Network extends Module = Module> {
  /** What `--recipe` calls it. */
  readonly name: string;
  /** What it is, in a line. */
  readonly summary: string;
  /** Its settings. */
  readonly table: Table;
  /** The recipe as its document has it; absent where none describes it. */
  readonly documented?: Documented;
  /** True where the embedding of all of a record's texts in one will do for prompt and response. */
  readonly wholeTexts?: boolean;
  /** False where `Batch.statistics` is not read: texts are not measured then, and all of it is 0. */
  readonly statistics?: boolean;
  /** Refuses settings that do not go together. @throws UsageError */
  check?(settings: S): void;
  /** Its largest weight, where that may be more than a machine holds, and the setting that does without it. */
  largest?(settings: S, widths: Widths): LargestWeight | null;
  /** True where scores may be learnt from preferences: gradients flow through `predict`. */
  readonly preferences?: boolean;
  /**
   * True where embeddings of train rows, and no statistics of their texts, are looked at batch by batch in steps alone, so
   * that they may be read from disk (`TrainingData.blocks`).
   */
  readonly streams?: boolean;
  /** True where `start` does all there is to do: there are no steps then, and settings of optimiser and schedule have no say. */
  fitted?(settings: S): boolean;
  /** Makes the network, with first values drawn from `options.random`. */
  build(settings: S, widths: Widths, options: ModuleOptions): Network;
  /** The loss of a batch: one number. */
  loss(network: Network, batch: LabelledBatch, settings: S): Tensor;
  /** Scores a batch; the network is in evaluation. */
  predict(network: Network, batch: Batch, settings: S): BatchPrediction;
  /** Rows of a batch as the network has them before it scores them, [batch, dimensions]; absent where there is no such place. */
  embed?(network: Network, batch: Batch, settings: S): Tensor;
  /** What a recipe that chooses between several ways to score has chosen, and why. */
  choice?(network: Network): Promise<Choice>;
  /** Before the first epoch of a new run: sets what the train rows decide, such as a first bias or a projection. */
  start?(network: Network, train: TrainRows, settings: S): Promise<void>;
  /**
   * After each epoch, before it is measured: fits what is not learnt step by step, such as a ridge head. Once more when the
   * run was measured, to train and validation rows together (`training.refit`), with all that a search has found left as
   * it is: fitted to the train rows again, the network is what it was. Not called where `refits` says no, or, in a recipe
   * without it, `fitted`.
   */
  refit?(network: Network, train: TrainRows, settings: S): Promise<void>;
  /** False where there is nothing for `refit` to fit. */
  refits?(settings: S): boolean;
  /**
   * Weights, none below 0, of the directions that the metric of each row is composed of, [batch, directions]; null where
   * all rows have one metric, absent where a recipe learns none.
   */
  directionWeights?(network: Network, batch: Batch, settings: S): Tensor | null;
  /** The rows of each batch of an epoch; without it they are a random permutation, cut into pieces. */
  batches?(train: LabelledRows, random: Philox, settings: S): readonly Uint32Array[];
  /** Weights of its document's own code under the names of the network. */
  fromDocument?(tensors: ReadonlyMap<string, FileTensor>): ReadonlyMap<string, FileTensor>;
  /** Lines of a PyTorch program that score `m` and `t` with the weights `w`; they leave the scores in `score`. */
  pytorch?(settings: S): readonly string[];
}
