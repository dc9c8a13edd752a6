import { poolingModes } from "./model_folder/pooling.ts";

/** A tensor of an encoder's state, as a run keeps it. */
export interface EncoderTensor {
  /** Sizes along its axes. */
  readonly shape: readonly number[];
  /** Elements, row-major. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** Turns texts into vectors. */
export interface Encoder {
  /** What `--encoder` calls it. */
  readonly name: string;
  /** Numbers in each vector. */
  readonly dimension: number;
  /** One row a text, [texts, dimension]. */
  encode(texts: readonly string[]): Promise<Float32Array<ArrayBuffer>>;
}

/** An encoder that learns from the train texts, and is kept with what it has learnt. */
export interface FittedEncoder extends Encoder {
  /** Learns what it has to from the train texts alone. */
  fit(texts: Iterable<string>): void;
  /** What `fit` has learnt. */
  state(): Map<string, EncoderTensor>;
}

/** An encoder that comes trained. The same text has the same vector wherever it stands, so that vectors can be kept. */
export interface PretrainedEncoder extends Encoder, AsyncDisposable {
  /** SHA-256, in hex, of all that its vectors depend on: weights, tokenizer and options. */
  readonly fingerprint: string;
  /** Most tokens of a text that it reads; what follows them is not seen. */
  readonly maxTokens: number;
  /** Texts that it takes at once. */
  readonly batchSize: number;
}

/** How a pretrained encoder is used. */
export interface EncodingOptions {
  /** Put before each text, with a space between, as some models want it; null for what the model says. */
  readonly prefix: string | null;
  /** Name of a prompt that the model's files have, put before each text; null for the default one. */
  readonly prompt?: string | null;
  /** First dimensions of a row that are kept; null for all. */
  readonly dimensions?: number | null;
  /** How the vectors of a text's tokens become one; "auto" for what the model says. */
  readonly pooling: (typeof poolings)[number];
  /** Scales vectors to length 1. */
  readonly normalize: boolean;
  /** Most tokens of a text that are read; null for as many as the model takes. */
  readonly maxTokens: number | null;
  /** What weights are stored as; "auto" for the most exact form that is there. */
  readonly dtype: (typeof encoderTypes)[number];
  /** Texts at once. */
  readonly batchSize: number;
  /** What computes; "auto" for what the encoder finds best. */
  readonly device: (typeof encoderDevices)[number];
}

/** Values of `EncodingOptions.pooling`. */
export const poolings = ["auto", ...poolingModes] as const;

/** Values of `EncodingOptions.dtype`. */
export const encoderTypes = ["auto", "fp32", "fp16", "q8", "q4"] as const;

/** Values of `EncodingOptions.device`. */
export const encoderDevices = ["auto", "cpu", "webgpu", "cuda"] as const;
