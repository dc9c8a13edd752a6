import code from "./batch_norm.wgsl" with { type: "text" };
import mergeCode from "./batch_statistics_merge.wgsl" with { type: "text" };
import statisticsCode from "./batch_statistics.wgsl" with { type: "text" };
import fourCode from "./relu_dropout_four.wgsl" with { type: "text" };
import oneCode from "./relu_dropout_one.wgsl" with { type: "text" };
import { type Dropout, keepUniforms, keepValues } from "../dropout/keep.ts";
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { MetrogradError } from "../errors.ts";
import {
  type BufferSlice,
  defineKernel,
  elementGrid,
  expectRounds,
  type Launcher,
  mostRounds,
  rowGrid,
} from "../launcher.ts";
import { drawUniforms, drawValues, withPhilox } from "../random/draw.ts";
import { rowsPerChunk } from "../reduction/sum_columns.ts";

/** Sizes of what batch normalisation works on: x [batch, channels, inner]. */
export interface BatchNormSizes {
  /** Samples. */
  readonly batch: number;
  /** Each is normalised by itself. */
  readonly channels: number;
  /** Elements of a channel in one sample; 1 for x [batch, channels]. */
  readonly inner: number;
}

const sizeUniforms = { batch: "u32", channels: "u32", inner: "u32", chunk_rows: "u32" } as const;
const statisticsKernels = defineElementWidths({
  label: "batch_statistics",
  code: statisticsCode,
  bindings: { x: "read", means: "write", squares: "write" },
  uniforms: sizeUniforms,
});
const mergeKernel = defineKernel({
  label: "batch_statistics.merge",
  code: mergeCode,
  bindings: {
    means: "read",
    squares: "read",
    mean: "write",
    variance: "write",
    runningMean: "write",
    runningVariance: "write",
  },
  uniforms: { ...sizeUniforms, momentum: "f32" },
});

/**
 * Samples that one invocation goes through, twice for the statistics; see `mostRounds`.
 *
 * @throws ShapeError when one sample's elements of a channel are more than the device can loop over
 */
export function samplesPerChunk(launcher: Launcher, inner: number): number {
  expectRounds(launcher, `batch norm of ${inner} elements a channel and sample`, 2 * inner);
  return Math.max(1, Math.min(rowsPerChunk(launcher), Math.floor(mostRounds / 2 / inner)));
}

/** Operands and sizes of `batchStatistics`. */
export interface BatchStatisticsOptions extends BatchNormSizes {
  /** [batch, channels, inner] */
  readonly x: BufferSlice;
  /** Output, [channels]. */
  readonly mean: BufferSlice;
  /** Output, [channels]: the biased variance. */
  readonly variance: BufferSlice;
  /** Changed in place, [channels]. */
  readonly runningMean: BufferSlice;
  /** Changed in place, [channels]. */
  readonly runningVariance: BufferSlice;
  /** Share of the batch in the running statistics; 0.1 by default. */
  readonly momentum?: number;
}

/**
 * Mean and biased variance of each channel of a batch. The running statistics move towards them by `momentum` (the
 * variance towards the unbiased one), or stay as they are where the batch holds a NaN or an infinity.
 *
 * @throws MetrogradError when a channel has only one element
 */
export function batchStatistics(launcher: Launcher, options: BatchStatisticsOptions): void {
  const { x, mean, variance, runningMean, runningVariance, batch, channels, inner, momentum = 0.1 } = options;
  if (batch * inner < 2) {
    throw new MetrogradError(
      "batch norm: training needs more than one element a channel, but the batch has " + batch * inner + ".",
    );
  }
  const { kernel, width } = chooseWidth(statisticsKernels, ...vectorSizes(options));
  const chunkRows = samplesPerChunk(launcher, inner), chunks = Math.ceil(batch / chunkRows);
  const means = launcher.scratch(chunks * channels * 4), squares = launcher.scratch(chunks * channels * 4);
  launcher.dispatch(
    kernel,
    { x, means, squares },
    { batch, channels: channels / width, inner, chunk_rows: chunkRows },
    rowGrid(Math.ceil(channels / width / 64), chunks),
  );
  launcher.dispatch(
    mergeKernel,
    { means, squares, mean, variance, runningMean, runningVariance },
    { batch, channels, inner, chunk_rows: chunkRows, momentum },
    elementGrid(channels),
  );
  launcher.release(means);
  launcher.release(squares);
}

/** Operands and sizes of `batchNorm`. */
export interface BatchNormOptions extends BatchNormSizes {
  /** [batch, channels, inner] */
  readonly x: BufferSlice;
  /** [channels], from `batchStatistics` or a running mean. */
  readonly mean: BufferSlice;
  /** [channels], likewise. */
  readonly variance: BufferSlice;
  /** [channels]; both or neither of weight and bias. */
  readonly weight?: BufferSlice | undefined;
  /** [channels] */
  readonly bias?: BufferSlice | undefined;
  /** Output, [batch, channels, inner]. */
  readonly y: BufferSlice;
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number;
  /** Negative results become 0. */
  readonly relu?: boolean;
  /** Dropout after the rectifier, with the mask that `dropout` would draw; only together with `relu`. */
  readonly dropout?: Dropout | undefined;
}

/** Flags of a variant, in the order of their bits. */
const flagsOf = (bits: number) => ({ by_column: bits & 1, affine: bits >> 1 & 1, relu: bits >> 2 & 1 });
const normKernels = [...Array(16).keys()].map((bits) => {
  const form = {
    label: "batch_norm",
    bindings: { x: "read", mean: "read", variance: "read", weight: "read", bias: "read", y: "write" },
    uniforms: {
      rows: "u32",
      columns: "u32",
      channels: "u32",
      epsilon: "f32",
      ...keepUniforms,
      ...drawUniforms,
    },
    constants: { ...flagsOf(bits), dropout: bits >> 3 },
  } as const;
  return {
    single: defineKernel({ ...form, code: withPhilox(`${oneCode}\n${code}`) }),
    vector: defineKernel({ ...form, code: withPhilox(`${fourCode}\n${code}`) }),
  };
});

/**
 * y = (x - mean) / sqrt(variance + epsilon) * weight + bias for each channel, and if asked the rectifier and dropout in
 * the same pass.
 *
 * @throws MetrogradError when dropout is asked for without the rectifier, or only one of weight and bias is given
 * @see Ioffe, Szegedy, "Batch normalization" (2015)
 */
export function batchNorm(launcher: Launcher, options: BatchNormOptions): void {
  const { x, mean, variance, weight, bias, y, epsilon = 1e-5, relu = false, dropout } = options;
  if (!weight !== !bias) throw new MetrogradError("batch norm: weight and bias are given together or not at all.");
  if (dropout && !relu) throw new MetrogradError("batch norm: dropout in the same pass needs the rectifier.");
  const bits = Number(options.inner === 1) + 2 * Number(!!weight) + 4 * Number(relu) + 8 * Number(!!dropout);
  const { kernel, width } = chooseWidth(normKernels[bits]!, ...vectorSizes(options));
  const { rows, columns, channels } = rowsAndColumns(options, width);
  launcher.dispatch(
    kernel,
    { x, mean, variance, weight: weight ?? x, bias: bias ?? x, y },
    {
      rows,
      columns,
      channels,
      epsilon,
      ...keepValues(dropout?.probability ?? 0),
      ...drawValues(dropout?.draw ?? { seed: 0 }),
    },
    rowGrid(Math.ceil(columns / 64), rows),
  );
}

/** Sizes that must be whole vectors of four; where a channel is not a column, none is. */
export function vectorSizes({ channels, inner }: BatchNormSizes): number[] {
  return [inner === 1 ? channels : 1];
}

/** x as rows and columns of elements of a width: a channel is a column, or else every `channels`-th row. */
export function rowsAndColumns(
  { batch, channels, inner }: BatchNormSizes,
  width: number,
): { rows: number; columns: number; channels: number } {
  return inner === 1
    ? { rows: batch, columns: channels / width, channels: channels / width }
    : { rows: batch * channels, columns: inner, channels };
}
