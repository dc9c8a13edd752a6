import { createHash } from "node:crypto";
import type { EncodingOptions, PretrainedEncoder } from "../encoders/encoder.ts";

/** How encoders are used unless told otherwise. */
export const encodingOptions: EncodingOptions = {
  prefix: null,
  pooling: "mean",
  normalize: true,
  maxTokens: null,
  dtype: "auto",
  batchSize: 4,
  device: "auto",
};

/** A pretrained encoder whose vectors are made of a text's hash; it notes what it was asked for. */
export class FakeEncoder implements PretrainedEncoder {
  readonly dimension: number;
  readonly fingerprint: string;
  readonly maxTokens = 16;
  readonly batchSize: number;
  /** The texts of each call. */
  readonly batches: string[][] = [];
  /** True once it was closed. */
  disposed = false;

  constructor(
    readonly name = "fake:a",
    { dimension = 6, batchSize = 4 }: { dimension?: number; batchSize?: number } = {},
  ) {
    this.dimension = dimension;
    this.batchSize = batchSize;
    this.fingerprint = createHash("sha256").update(name).digest("hex");
  }

  encode(texts: readonly string[]): Promise<Float32Array<ArrayBuffer>> {
    this.batches.push([...texts]);
    return Promise.resolve(Float32Array.from(texts.flatMap((text) => [...this.vector(text)])));
  }

  /** What the encoder makes of a text. */
  vector(text: string): Float32Array {
    const digest = createHash("sha256").update(this.name + text).digest();
    return Float32Array.from({ length: this.dimension }, (_, i) => digest.readInt16LE(2 * i) / 32768);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }
}
