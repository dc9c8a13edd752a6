import { UsageError } from "../kernels/errors.ts";

/** Recipes that can be trained. */
export const recipes = ["bilinear"] as const;
/** Name of a recipe. */
export type Recipe = (typeof recipes)[number];

/** How sample weights are made from the scores. */
export const weightings = ["sqrt-inverse", "none"] as const;
/** Name of a way to weigh samples. */
export type Weighting = (typeof weightings)[number];

/** Every setting of the `bilinear` recipe. The defaults are those of its document, but for rank and the encoder. */
export interface BilinearConfig {
  /** Tells recipes apart. */
  readonly recipe: "bilinear";
  /** Seeds the split, the negatives, the first weights, the order of rows and dropout. */
  readonly seed: number;
  /** Rank r of the bilinear form z = P((U m) ∘ (V t)); 0 leaves the term out. */
  readonly rank: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** Probability that an activation is dropped while training. */
  readonly dropout: number;
  /** Most epochs. */
  readonly epochs: number;
  /** Rows in a step. */
  readonly batchSize: number;
  /** Adam's learning rate at first. */
  readonly learningRate: number;
  /** L2 penalty, added to the gradient. */
  readonly weightDecay: number;
  /** Largest global norm of the gradient; 0 for no limit. */
  readonly clip: number;
  /** Learning rate x 0.5 when the selection figure has not improved for this many epochs. */
  readonly plateauPatience: number;
  /** What the learning rate is multiplied by then. */
  readonly plateauFactor: number;
  /** Below this the learning rate is not cut. */
  readonly minimumLearningRate: number;
  /** Ends training when the selection figure has not improved for this many epochs. */
  readonly earlyStopping: number;
  /** Sample weights. */
  readonly weights: Weighting;
  /** Share of the train rows that are copied with a metric that does not fit and a low score. */
  readonly negatives: number;
  /** Part of the records held out for validation. */
  readonly validationShare: number;
  /** Field whose equal values stay on one side of the split; null keeps only identical texts together. */
  readonly groupBy: string | null;
}

/** The defaults of the `bilinear` recipe: one table for the command line, the library and the docs. */
export const bilinearDefaults: BilinearConfig = {
  recipe: "bilinear",
  seed: 1,
  rank: 128,
  hidden: [512, 256, 128],
  dropout: 0.4,
  epochs: 100,
  batchSize: 64,
  learningRate: 1e-4,
  weightDecay: 1e-5,
  clip: 1,
  plateauPatience: 5,
  plateauFactor: 0.5,
  minimumLearningRate: 1e-6,
  earlyStopping: 20,
  weights: "sqrt-inverse",
  negatives: 0.1,
  validationShare: 0.2,
  groupBy: null,
};

/** Range of each number: lowest, highest, and whether it has to be whole. */
export const bilinearRanges = {
  seed: [0, 2 ** 32 - 1, true],
  rank: [0, 65536, true],
  dropout: [0, 0.99, false],
  epochs: [1, 1e6, true],
  batchSize: [1, 65536, true],
  learningRate: [1e-12, 10, false],
  weightDecay: [0, 10, false],
  clip: [0, 1e9, false],
  plateauPatience: [0, 1e6, true],
  plateauFactor: [1e-6, 1, false],
  minimumLearningRate: [0, 10, false],
  earlyStopping: [1, 1e6, true],
  negatives: [0, 10, false],
  validationShare: [0.01, 0.9, false],
} as const satisfies Partial<Record<keyof BilinearConfig, readonly [number, number, boolean]>>;

/**
 * Fills in the defaults and checks every value.
 *
 * @throws UsageError naming the setting, its range and what was given
 */
export function bilinearConfig(given: Partial<BilinearConfig> = {}): BilinearConfig {
  const config = { ...bilinearDefaults, ...given };
  for (const [key, [lowest, highest, whole]] of Object.entries(bilinearRanges)) {
    const value = config[key as keyof BilinearConfig];
    if (!(typeof value === "number" && value >= lowest && value <= highest) || (whole && !Number.isInteger(value))) {
      throw new UsageError(
        `${key} is ${value}; a ${whole ? "whole " : ""}number from ${lowest} to ${highest} is expected.`,
      );
    }
  }
  if (!weightings.includes(config.weights)) {
    throw new UsageError(`weights is "${config.weights}"; ${weightings.join(" or ")} is expected.`);
  }
  const { hidden } = config;
  if (!Array.isArray(hidden) || hidden.length === 0 || !hidden.every((width) => Number.isInteger(width) && width > 0)) {
    throw new UsageError(`hidden is ${JSON.stringify(hidden)}; widths of at least one layer are expected.`);
  }
  return config;
}
