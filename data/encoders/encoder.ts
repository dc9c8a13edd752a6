/** A tensor of an encoder's state, as a run keeps it. */
export interface EncoderTensor {
  /** Sizes along its axes. */
  readonly shape: readonly number[];
  /** Elements, row-major. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** Turns texts into vectors. */
export interface Encoder {
  /** What configs call it. */
  readonly name: string;
  /** Numbers in each vector. */
  readonly dimension: number;
  /** Learns what it has to from the train texts alone. */
  fit(texts: Iterable<string>): void;
  /** One row a text, [texts, dimension], of length 1; zeros for a text without words. */
  encode(texts: readonly string[]): Promise<Float32Array<ArrayBuffer>>;
  /** What `fit` has learnt. */
  state(): Map<string, EncoderTensor>;
}
