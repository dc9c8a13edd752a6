import type { BatchNormSizes } from "./batch_norm.ts";

/** Inputs of the reference of batch normalisation; see `batchNorm`. */
export interface BatchNormReferenceOptions extends BatchNormSizes {
  /** Statistics from elsewhere; those of the batch where absent. */
  readonly given?: { readonly mean: ArrayLike<number>; readonly variance: ArrayLike<number> } | undefined;
  readonly weight?: ArrayLike<number> | undefined;
  readonly bias?: ArrayLike<number> | undefined;
  readonly epsilon?: number;
  readonly relu?: boolean;
  /** Factor on each element after the rectifier: 0 where dropout drops it, else 1 / (1 - p). */
  readonly keep?: ArrayLike<number>;
}

/** Positions of a channel's elements in x [batch, channels, inner]. */
function positions(channel: number, { batch, channels, inner }: BatchNormSizes): number[] {
  return Array.from(
    { length: batch * inner },
    (_, k) => (Math.floor(k / inner) * channels + channel) * inner + k % inner,
  );
}

/** Mean and biased variance of each channel, in float64. */
export function batchStatisticsReference(
  x: ArrayLike<number>,
  sizes: BatchNormSizes,
): { mean: Float64Array; variance: Float64Array } {
  const mean = new Float64Array(sizes.channels), variance = new Float64Array(sizes.channels);
  for (let channel = 0; channel < sizes.channels; channel++) {
    const values = positions(channel, sizes).map((at) => x[at]!);
    mean[channel] = values.reduce((a, b) => a + b) / values.length;
    variance[channel] = values.reduce((sum, value) => sum + (value - mean[channel]!) ** 2, 0) / values.length;
  }
  return { mean, variance };
}

/** What one channel is made of: its positions in x, the normalised values, and the values before the rectifier. */
function channelOf(
  x: ArrayLike<number>,
  channel: number,
  options: BatchNormReferenceOptions,
  { mean, variance }: NonNullable<BatchNormReferenceOptions["given"]>,
) {
  const { weight, bias, epsilon = 1e-5 } = options;
  const at = positions(channel, options);
  const deviationInverse = 1 / Math.sqrt(variance[channel]! + epsilon);
  const normalized = at.map((position) => (x[position]! - mean[channel]!) * deviationInverse);
  const scale = weight?.[channel] ?? 1;
  return { at, normalized, scale, deviationInverse, affine: normalized.map((h) => h * scale + (bias?.[channel] ?? 0)) };
}

/** Batch normalisation in float64. */
export function batchNormReference(x: ArrayLike<number>, options: BatchNormReferenceOptions): Float64Array {
  const y = new Float64Array(x.length), statistics = options.given ?? batchStatisticsReference(x, options);
  for (let channel = 0; channel < options.channels; channel++) {
    const { at, affine } = channelOf(x, channel, options, statistics);
    at.forEach((position, k) => {
      y[position] = (options.relu ? Math.max(affine[k]!, 0) : affine[k]!) * (options.keep?.[position] ?? 1);
    });
  }
  return y;
}

/** Gradients of batch normalisation in float64. */
export function batchNormBackwardReference(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  options: BatchNormReferenceOptions,
): { dx: Float64Array; dweight: Float64Array; dbias: Float64Array } {
  const { channels, given, relu, keep } = options, statistics = given ?? batchStatisticsReference(x, options);
  const dx = new Float64Array(x.length), dweight = new Float64Array(channels), dbias = new Float64Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    const { at, normalized, affine, scale, deviationInverse } = channelOf(x, channel, options, statistics);
    const gradient = at.map((position, k) => relu && affine[k]! <= 0 ? 0 : dy[position]! * (keep?.[position] ?? 1));
    dweight[channel] = gradient.reduce((sum, g, k) => sum + g * normalized[k]!, 0);
    dbias[channel] = gradient.reduce((sum, g) => sum + g, 0);
    at.forEach((position, k) => {
      const through = given ? 0 : (dbias[channel]! + normalized[k]! * dweight[channel]!) / at.length;
      dx[position] = (gradient[k]! - through) * scale * deviationInverse;
    });
  }
  return { dx, dweight, dbias };
}
