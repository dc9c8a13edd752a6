/** How the vectors of a text's tokens become one. */
export interface TokenPooling {
  readonly pooling: "mean" | "cls";
  /** Scales it to length 1. */
  readonly normalize: boolean;
}

/**
 * A vector a text from the vectors of its tokens.
 *
 * @param hidden of all tokens, [texts, tokens, dimension]
 * @param mask 1 for a token, 0 for what fills a text up, [texts, tokens]
 * @returns [texts, dimension]
 */
export function poolTokens(
  hidden: ArrayLike<number>,
  mask: ArrayLike<number | bigint>,
  texts: number,
  { pooling, normalize }: TokenPooling,
): Float32Array<ArrayBuffer> {
  const tokens = mask.length / texts, dimension = hidden.length / mask.length;
  const pooled = new Float32Array(texts * dimension), sum = new Float64Array(dimension);
  for (let text = 0; text < texts; text++) {
    sum.fill(0);
    for (let token = text * tokens, end = token + (pooling === "cls" ? 1 : tokens); token < end; token++) {
      if (pooling === "mean" && Number(mask[token]) === 0) continue;
      for (let i = 0; i < dimension; i++) sum[i]! += hidden[token * dimension + i]!;
    }
    let count = pooling === "cls" ? 1 : 0;
    if (count === 0) { for (let i = 0; i < tokens; i++) count += Number(mask[text * tokens + i]); }
    const length = normalize ? Math.hypot(...sum) : Math.max(count, 1);
    if (length > 0) pooled.set(sum.map((value) => value / length), text * dimension);
  }
  return pooled;
}
