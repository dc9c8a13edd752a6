import { relationSources } from "../../data/augmentation/relations.ts";
import { encoderDevices, encoderTypes, poolings } from "../../encoders/encoder.ts";
import { nonTextActions } from "../../data/non_text.ts";
import { textLayouts } from "../../data/texts/text_layout.ts";
import { optimizerNames } from "../training/optimizers.ts";
import { nonfiniteActions, precisions } from "../training/precision.ts";
import { scheduleNames } from "../training/schedules.ts";
import { anyText, choice, flag, number, optionalNumber, optionalText, text } from "./field.ts";
import type { EncodingTable, SharedTable } from "./shared_types.ts";
import { type Given, type Table, type Values, withDefaults } from "./table.ts";

const seeds = [0, 2 ** 32 - 1, true] as const;
const counts = [1, 1e6, true] as const;
const score = [0, 10, true] as const;

/** Settings of targeted negatives with scores in a band. */
function targetedBand([share, lowest, highest, severity]: readonly [number, number, number, number], scores: string) {
  return {
    share: number(
      share,
      [0, 10, false],
      `targeted negatives with ${scores} scores, a third each shuffled, noisy and swapped, as a share of the rows`,
    ),
    count: optionalNumber(null, [0, 1e7, true], "how many, instead of a share; null for the share"),
    lowest: number(lowest, score, "their lowest score"),
    highest: number(highest, score, "their highest score"),
    severity: number(severity, [0, 1, false], "part of another row in them; length of the noise beside the text's own"),
  } as const;
}

/** Settings of how a pretrained encoder is used. */
export const encodingTable: EncodingTable = {
  prefix: anyText(
    null,
    "put before each text with a space between, such as query: for e5 models; null for what the model says",
  ),
  prompt: optionalText(null, "name of a prompt of the model's files; null for its default one"),
  pooling: choice("auto", poolings, "what becomes of the vectors of a text's tokens; auto for what the model says"),
  normalize: flag(true, "scales vectors of texts to length 1"),
  maxTokens: optionalNumber(
    null,
    [1, 1e6, true],
    "tokens of a text that are read; null for as many as the model takes",
  ),
  dimensions: optionalNumber(
    null,
    [1, 1e5, true],
    "first dimensions of a row that are kept, for models of nested (matryoshka) embeddings; null for all",
  ),
  dtype: choice("auto", encoderTypes, "form of the weights; auto for the most exact one that is there"),
  batchSize: number(32, [1, 4096, true], "texts that are encoded at once"),
  device: choice("auto", encoderDevices, "what encodes; auto for what suits the encoder"),
};

/** The settings that all recipes have, with what holds unless a recipe says otherwise. Its own sections are `model` and `loss`. */
export const sharedTable: SharedTable = {
  data: {
    groupBy: optionalText(null, "field of the records whose equal values stay together when rows are held out"),
    validationShare: number(0.2, [0.01, 0.9, false], "part of the records held out for validation"),
    validationCount: optionalNumber(null, [1, 1e7, true], "how many, instead of a share; null for the share"),
    folds: number(0, [0, 1000, true], "parts that take turns as validation rows; 0 for validationShare instead"),
    fold: number(0, [0, 999, true], "which of the folds is held out, from 0"),
    folding: choice(
      "grouped",
      ["grouped", "scikit-learn"],
      "how records are dealt to folds: those of one group into one fold; or one by one, as StratifiedKFold of scikit-learn does",
    ),
    splitSeed: optionalNumber(null, seeds, "seed of the split alone; null for training.seed"),
    offGrid: choice("keep", ["keep", "round", "drop"], "what becomes of records whose score is no whole number"),
    nonText: choice(
      "refuse",
      nonTextActions,
      "what becomes of records of which a prompt or the response is no text: refused, read as the text of its value, or left out",
    ),
    dropStopWords: flag(
      false,
      'leaves words such as "you are a" out of system prompts before they are encoded, in five languages',
    ),
  },
  augmentation: {
    metricSwap: {
      share: number(
        0.1,
        [0, 10, false],
        "copies of train rows with a metric that does not fit, as a share of the rows",
      ),
      lowest: number(1, score, "their lowest score"),
      highest: number(6, score, "their highest score"),
    },
    relations: choice(
      "auto",
      relationSources,
      "where opposite and substitutable metrics come from: a dictionary, their embeddings, or that for names it lacks",
    ),
    opposite: {
      share: number(0, [0, 1, false], "part of the rows whose metric has an opposite copied with it and a low score"),
      count: optionalNumber(null, [0, 1e7, true], "at most so many of them, drawn at random; null for all"),
    },
    substitutable: {
      share: number(0, [0, 1, false], "part of the low rows whose metric has a substitute copied with it"),
      count: optionalNumber(null, [0, 1e7, true], "at most so many of them, drawn at random; null for all"),
      highest: number(5, score, "highest score of a low row"),
    },
    targeted: {
      low: targetedBand([0, 1, 3, 1], "low"),
      mid: targetedBand([0, 4, 7, 0.5], "middling"),
    },
    misaligned: {
      share: number(0, [0, 10, false], "rows with the texts of another one and their metric, as a share of the rows"),
      count: optionalNumber(null, [0, 1e7, true], "how many, instead of a share; null for the share"),
      lowest: number(1, score, "their lowest score"),
      highest: number(6, score, "their highest score"),
    },
    resample: {
      share: number(
        0,
        [0, 10, false],
        "rows drawn again for each metric, all its scores alike, as a share of its rows",
      ),
      mostCopies: number(10, [1, 1e6, true], "times that one row is drawn again at most"),
    },
    smoothing: {
      share: number(
        0,
        [0, 1, false],
        "part of a train record's score that is replaced by the mean of its neighbourhood: itself and the nearest under its metric",
      ),
      neighbors: number(5, counts, "those nearest train records, by the embeddings of their texts"),
    },
    rows: optionalText(null, "folder of rows that were made before, which are learnt from in place of all stages"),
    languageModel: {
      replies: optionalText(
        null,
        "file of a language model's replies, whose records and paraphrases are learnt from too",
      ),
    },
  },
  features: {
    texts: choice("combined", textLayouts, "texts that the network sees, each as a row of numbers"),
    encoder: text(
      "hash",
      "hash, or the name of a pretrained encoder, is expected",
      "what turns texts into numbers, unless --embeddings gives them",
    ),
    encoding: encodingTable,
  },
  weights: {
    kind: choice("none", ["sqrt-inverse", "score-ranges", "none"], "sample weights"),
    temperature: number(
      0.5,
      [0, 10, false],
      "exponent on count of the most frequent score or range / count of the row's",
    ),
    minimum: number(0.5, [0, 1e6, false], "lowest weight before the boost"),
    maximum: number(8, [0, 1e6, false], "highest weight before the boost"),
    boost: flag(true, "sqrt-inverse: weights x 1.5 for scores of class 9 and x 1.3 for class 10"),
  },
  fit: {
    name: choice(
      "none",
      ["none", "auto"],
      "whether a fit model tells records whose metric does not fit their text; they get scores of their own",
    ),
  },
  optimizer: {
    name: choice("adam", optimizerNames, "how parameters are changed"),
    lr: number(1e-3, [1e-12, 10, false], "learning rate at first"),
    weightDecay: number(0, [0, 10, false], "L2 penalty added to the gradient; adamw shrinks the parameters instead"),
    momentum: number(0, [0, 0.9999, false], "part of the last step that sgd and rmsprop keep"),
    clip: number(0, [0, 1e9, false], "largest global norm of the gradient; 0 for no limit"),
  },
  schedule: {
    name: choice("plateau", scheduleNames, "how the learning rate changes"),
    patience: number(5, [0, 1e6, true], "epochs without progress before a plateau cuts the learning rate"),
    factor: number(0.5, [1e-6, 1, false], "what a plateau multiplies the learning rate by"),
    minimumLr: number(0, [0, 10, false], "lowest learning rate of a plateau or a cosine"),
    warmup: number(0.1, [0, 1, false], "part of all steps in which warmup-linear rises to the full rate"),
  },
  training: {
    epochs: number(100, counts, "most epochs"),
    batchSize: number(64, [1, 65536, true], "rows in a step"),
    earlyStopping: number(20, counts, "epochs without progress before training ends"),
    labelNoise: number(0, [0, 10, false], "standard deviation of noise added to scores in each step"),
    precision: choice("f32", precisions, "numbers that products of matrices read: f32, or f16 with sums of f32"),
    onNonfinite: choice(
      "stop",
      nonfiniteActions,
      "at a gradient that is NaN or infinite: stop, skip the step, or skip it and halve the scale of the loss",
    ),
    seed: number(1, seeds, "seed of every random choice"),
    rowShare: number(1, [0.01, 1, false], "part of the train rows that are learnt from, drawn by training.seed"),
    refit: choice(
      "all",
      ["all", "none"],
      "fit what has a closed form once more when the run was measured: to train and validation rows, or not",
    ),
  },
  prediction: {
    offset: number(0, [-10, 10, false], "added to every predicted score"),
    round: flag(false, "rounds predicted scores to whole numbers"),
  },
};

const stepSettings = ["epochs", "batchSize", "earlyStopping", "labelNoise", "precision", "onNonfinite"];

/** True for a setting that only a recipe with steps looks at. */
export function isStepSetting(path: string): boolean {
  const [section, name] = path.split(".");
  return section === "optimizer" || section === "schedule" || (section === "training" && stepSettings.includes(name!));
}

export type { EncodingTable, SharedTable } from "./shared_types.ts";

/** Settings that all recipes have. */
export type SharedSettings = Values<SharedTable>;

/** Settings of any recipe. */
export interface Settings extends SharedSettings {
  /** Settings of its network. */
  readonly model: object;
  /** Settings of its loss. */
  readonly loss: object;
}

/** Some settings of any recipe, to be checked against its table. */
export interface GivenSettings extends Given<SharedTable> {
  /** Settings of its network. */
  readonly model?: object;
  /** Settings of its loss. */
  readonly loss?: object;
}

/** The table of a recipe: its own sections, and the shared ones with its own defaults. */
export function recipeTable<Model extends Table, Loss extends Table>(
  own: { readonly model: Model; readonly loss: Loss; readonly defaults: Given<SharedTable> },
): SharedTable & { readonly model: Model; readonly loss: Loss } {
  return { ...withDefaults(sharedTable, own.defaults), model: own.model, loss: own.loss };
}
