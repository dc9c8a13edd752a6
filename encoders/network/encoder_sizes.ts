/** What every encoder's settings state, whatever its architecture. */
export interface EncoderSizes {
  /** Names of tensors and settings. */
  readonly architecture: {
    /** The `model_type` of `config.json`. */
    readonly name: string;
    /** What may stand before the names of its tensors. */
    readonly prefix: string;
    /** True where positions are counted from the padding token's number + 1. */
    readonly positionsAfterPadding?: boolean;
  };
  /** Rows of the table of tokens. */
  readonly vocabulary: number;
  /** Dimensions of a token. */
  readonly width: number;
  /** Layers of attention. */
  readonly layers: number;
  /** Heads of each attention. */
  readonly heads: number;
  /** Width of the feed-forward parts. */
  readonly inner: number;
  /** Most positions. */
  readonly positions: number;
  /** Number of the first token's position. */
  readonly firstPosition: number;
  /** Token that fills up short sequences. */
  readonly padToken: number;
}
