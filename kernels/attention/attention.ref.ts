/** Sizes and options of attention over contiguous tensors. */
export interface AttentionReference {
  readonly batch: number;
  readonly heads: number;
  /** Heads of k and v; `heads` by default. */
  readonly keyHeads?: number | undefined;
  readonly queries: number;
  readonly keys: number;
  readonly headSize: number;
  readonly scale: number;
  /** [batch, heads, queries, headSize] */
  readonly q: ArrayLike<number>;
  /** [batch, keyHeads, keys, headSize] */
  readonly k: ArrayLike<number>;
  /** [batch, keyHeads, keys, headSize] */
  readonly v: ArrayLike<number>;
  /** [batch, keys]; other than 0: the key is ignored. */
  readonly keyPaddingMask?: ArrayLike<number> | undefined;
  /** How far before and after a query the keys stand that it sees; all by default. */
  readonly window?: { readonly before: number; readonly after: number } | undefined;
  /** [batch, heads, queries, keys]: what dropout multiplies each element of the softmax by. */
  readonly keep?: ArrayLike<number> | undefined;
}

/** y = (softmax(scale q kᵀ) keep) v in float64, [batch, heads, queries, headSize]. */
export function attentionReference(options: AttentionReference): Float64Array {
  const { queries, keys, headSize, v } = options;
  const y = new Float64Array(options.batch * options.heads * queries * headSize);
  forEachQuery(options, (row, firstKey, softmax, keep) => {
    for (let j = 0; j < keys; j++) {
      for (let c = 0; c < headSize; c++) {
        y[row * headSize + c]! += softmax[j]! * keep(j) * v[(firstKey + j) * headSize + c]!;
      }
    }
  });
  return y;
}

/** Gradients of <dy, y> in float64. */
export function attentionBackwardReference(
  options: AttentionReference,
  dy: ArrayLike<number>,
): { dq: Float64Array; dk: Float64Array; dv: Float64Array } {
  const { keys, headSize, scale, q, k, v } = options;
  const dq = new Float64Array(q.length), dk = new Float64Array(k.length), dv = new Float64Array(v.length);
  forEachQuery(options, (row, firstKey, softmax, keep) => {
    const dp = Float64Array.from(softmax, (_, j) => keep(j) * dot(dy, row, v, firstKey + j, headSize));
    const delta = dp.reduce((sum, value, j) => sum + value * softmax[j]!, 0);
    for (let j = 0; j < keys; j++) {
      const ds = softmax[j]! * (dp[j]! - delta) * scale;
      for (let c = 0; c < headSize; c++) {
        const own = row * headSize + c, other = (firstKey + j) * headSize + c;
        dq[own]! += ds * k[other]!;
        dk[other]! += ds * q[own]!;
        dv[other]! += softmax[j]! * keep(j) * dy[own]!;
      }
    }
  });
  return { dq, dk, dv };
}

/** Calls with each query's row, the row of its sequence's first key, its softmax, and the dropout's factors. */
function forEachQuery(
  { batch, heads, keyHeads = heads, queries, keys, headSize, scale, q, k, ...rest }: AttentionReference,
  visit: (row: number, firstKey: number, softmax: Float64Array, keep: (key: number) => number) => void,
): void {
  for (let row = 0; row < batch * heads * queries; row++) {
    const pair = Math.floor(row / queries), sequence = Math.floor(pair / heads), query = row % queries;
    const keyHead = Math.floor((pair % heads) * keyHeads / heads), firstKey = (sequence * keyHeads + keyHead) * keys;
    const isHidden = (j: number) =>
      rest.keyPaddingMask?.[sequence * keys + j] ||
      rest.window && (query - j > rest.window.before || j - query > rest.window.after);
    const scores = Float64Array.from(
      { length: keys },
      (_, j) => isHidden(j) ? -Infinity : scale * dot(q, row, k, firstKey + j, headSize),
    );
    const greatest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
    const exponentials = scores.map((score) => Math.exp(score - greatest));
    const sum = exponentials.reduce((total, value) => total + value, 0);
    visit(row, firstKey, exponentials.map((value) => value / sum), (j) => rest.keep?.[row * keys + j] ?? 1);
  }
}

function dot(a: ArrayLike<number>, rowA: number, b: ArrayLike<number>, rowB: number, size: number): number {
  let sum = 0;
  for (let c = 0; c < size; c++) sum += a[rowA * size + c]! * b[rowB * size + c]!;
  return sum;
}
