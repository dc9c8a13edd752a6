/** See `expectedScore`; of one row. */
export function expectedScoreReference(probabilities: ArrayLike<number>): number {
  return Array.from(probabilities).reduce((sum, p, k) => sum + k * p, 0);
}

/** See `cumulativeProbabilities`; of one row. */
export function cumulativeProbabilitiesReference(logits: ArrayLike<number>): number[] {
  const cumulative = Array.from(logits, (z) => 1 / (1 + Math.exp(-z)));
  const rises = cumulative.map((c, k) => Math.max(c - (cumulative[k - 1] ?? 0), 0));
  const divisor = rises.reduce((a, b) => a + b, 0) + 1e-8;
  return rises.map((rise) => rise / divisor);
}

/** See `cumulativeProbabilitiesBackward`; of one row. */
export function cumulativeProbabilitiesBackwardReference(logits: ArrayLike<number>, dp: ArrayLike<number>): number[] {
  const p = cumulativeProbabilitiesReference(logits);
  const cumulative = Array.from(logits, (z) => 1 / (1 + Math.exp(-z)));
  const divisor = cumulative.reduce((sum, c, k) => sum + Math.max(c - (cumulative[k - 1] ?? 0), 0), 1e-8);
  const mean = p.reduce((sum, share, k) => sum + share * dp[k]!, 0);
  const dq = p.map((share, k) => share > 0 ? (dp[k]! - mean) / divisor : 0);
  return cumulative.map((c, k) => (dq[k]! - (dq[k + 1] ?? 0)) * c * (1 - c));
}
