import type { Field } from "./field.ts";

/** Kinds of the settings of how a pretrained encoder is used. */
export type EncodingTable = {
  readonly prefix: Field<string | null>;
  readonly prompt: Field<string | null>;
  readonly pooling: Field<"mean" | "max" | "cls" | "mean_sqrt_len_tokens" | "weightedmean" | "lasttoken" | "auto">;
  readonly normalize: Field<boolean>;
  readonly maxTokens: Field<number | null>;
  readonly dimensions: Field<number | null>;
  readonly dtype: Field<"auto" | "fp32" | "fp16" | "q8" | "q4">;
  readonly batchSize: Field<number>;
  readonly device: Field<"auto" | "cpu" | "webgpu" | "cuda">;
};

/** Kinds of the settings that all recipes have. */
export type SharedTable = {
  readonly data: {
    readonly groupBy: Field<string | null>;
    readonly validationShare: Field<number>;
    readonly validationCount: Field<number | null>;
    readonly folds: Field<number>;
    readonly fold: Field<number>;
    readonly folding: Field<"grouped" | "scikit-learn">;
    readonly splitSeed: Field<number | null>;
    readonly offGrid: Field<"keep" | "round" | "drop">;
    readonly nonText: Field<"refuse" | "fix" | "drop">;
    readonly dropStopWords: Field<boolean>;
  };
  readonly augmentation: {
    readonly metricSwap: {
      readonly share: Field<number>;
      readonly lowest: Field<number>;
      readonly highest: Field<number>;
    };
    readonly relations: Field<"auto" | "curated" | "proposed">;
    readonly opposite: {
      readonly share: Field<number>;
      readonly count: Field<number | null>;
    };
    readonly substitutable: {
      readonly share: Field<number>;
      readonly count: Field<number | null>;
      readonly highest: Field<number>;
    };
    readonly targeted: {
      readonly low: {
        readonly share: Field<number>;
        readonly count: Field<number | null>;
        readonly lowest: Field<number>;
        readonly highest: Field<number>;
        readonly severity: Field<number>;
      };
      readonly mid: {
        readonly share: Field<number>;
        readonly count: Field<number | null>;
        readonly lowest: Field<number>;
        readonly highest: Field<number>;
        readonly severity: Field<number>;
      };
    };
    readonly misaligned: {
      readonly share: Field<number>;
      readonly count: Field<number | null>;
      readonly lowest: Field<number>;
      readonly highest: Field<number>;
    };
    readonly resample: {
      readonly share: Field<number>;
      readonly mostCopies: Field<number>;
    };
    readonly smoothing: {
      readonly share: Field<number>;
      readonly neighbors: Field<number>;
    };
    readonly rows: Field<string | null>;
    readonly languageModel: {
      readonly replies: Field<string | null>;
    };
  };
  readonly features: {
    readonly texts: Field<"combined" | "prompt-response" | "fields">;
    readonly encoder: Field<string>;
    readonly encoding: EncodingTable;
  };
  readonly weights: {
    readonly kind: Field<"none" | "sqrt-inverse" | "score-ranges">;
    readonly temperature: Field<number>;
    readonly minimum: Field<number>;
    readonly maximum: Field<number>;
    readonly boost: Field<boolean>;
  };
  readonly fit: {
    readonly name: Field<"none" | "auto">;
  };
  readonly optimizer: {
    readonly name: Field<"adam" | "adamw" | "sgd" | "rmsprop" | "adagrad">;
    readonly lr: Field<number>;
    readonly weightDecay: Field<number>;
    readonly momentum: Field<number>;
    readonly clip: Field<number>;
  };
  readonly schedule: {
    readonly name: Field<"none" | "cosine" | "plateau" | "warmup-linear">;
    readonly patience: Field<number>;
    readonly factor: Field<number>;
    readonly minimumLr: Field<number>;
    readonly warmup: Field<number>;
  };
  readonly training: {
    readonly epochs: Field<number>;
    readonly batchSize: Field<number>;
    readonly earlyStopping: Field<number>;
    readonly labelNoise: Field<number>;
    readonly precision: Field<"f32" | "mixed">;
    readonly onNonfinite: Field<"stop" | "skip" | "reduce-scale">;
    readonly seed: Field<number>;
    readonly rowShare: Field<number>;
    readonly refit: Field<"none" | "all">;
  };
  readonly prediction: {
    readonly offset: Field<number>;
    readonly round: Field<boolean>;
  };
};
