import inputCode from "./batch_norm_backward.wgsl" with { type: "text" };
import parametersCode from "./batch_norm_backward_parameters.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, type Launcher, rowGrid } from "../launcher.ts";
import { sumColumns } from "../reduction/sum_columns.ts";
import { copyColumns } from "../shape/copy_columns.ts";
import { type BatchNormSizes, rowsAndColumns, samplesPerChunk, vectorSizes } from "./batch_norm.ts";

/** What both gradients of `batchNorm` need. */
export interface BatchNormBackwardOptions extends BatchNormSizes {
  /** Input of the forward pass, [batch, channels, inner]. */
  readonly x: BufferSlice;
  /** Mean that the forward pass used, [channels]. */
  readonly mean: BufferSlice;
  /** Variance that the forward pass used, [channels]. */
  readonly variance: BufferSlice;
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number;
  /** Output of the forward pass where it had the rectifier: what is not positive has no gradient. */
  readonly reluOutput?: BufferSlice | undefined;
  /** Probability of the dropout that followed the rectifier. */
  readonly dropoutProbability?: number;
  /** Gradient of the output, [batch, channels, inner]. */
  readonly dy: BufferSlice;
}

const parameterKernels = [0, 1].map((relu) =>
  defineElementWidths({
    label: "batch_norm.backward.parameters",
    code: parametersCode,
    bindings: {
      x: "read",
      mean: "read",
      variance: "read",
      y: "read",
      dy: "read",
      dweight: "write",
      dbias: "write",
    },
    uniforms: {
      batch: "u32",
      channels: "u32",
      inner: "u32",
      chunk_rows: "u32",
      epsilon: "f32",
      keep_scale: "f32",
    },
    constants: { relu },
  })
);
const inputKernels = [...Array(16).keys()].map((bits) =>
  defineElementWidths({
    label: "batch_norm.backward",
    code: inputCode,
    bindings: {
      x: "read",
      mean: "read",
      variance: "read",
      weight: "read",
      y: "read",
      dy: "read",
      sums: "read",
      dx: "write",
    },
    uniforms: {
      rows: "u32",
      columns: "u32",
      channels: "u32",
      inverse_count: "f32",
      epsilon: "f32",
      keep_scale: "f32",
    },
    constants: { by_column: bits & 1, affine: bits >> 1 & 1, relu: bits >> 2 & 1, training: bits >> 3 },
  })
);

/** dweight and dbias, [channels] each: the gradients of batch normalisation for its parameters, in a fixed order. */
export function batchNormBackwardParameters(
  launcher: Launcher,
  options: BatchNormBackwardOptions & { readonly dweight: BufferSlice; readonly dbias: BufferSlice },
): void {
  const { x, mean, variance, epsilon = 1e-5, reluOutput, dropoutProbability = 0, dy, dweight, dbias } = options;
  const { batch, channels, inner } = options;
  const { kernel, width } = chooseWidth(parameterKernels[reluOutput ? 1 : 0]!, ...vectorSizes(options));
  const chunkRows = samplesPerChunk(launcher, inner), chunks = Math.ceil(batch / chunkRows);
  const last = chunks === 1;
  const target = last ? { dweight, dbias } : {
    dweight: launcher.scratch(chunks * channels * 4),
    dbias: launcher.scratch(chunks * channels * 4),
  };
  launcher.dispatch(
    kernel,
    { x, mean, variance, y: reluOutput ?? x, dy, ...target },
    {
      batch,
      channels: channels / width,
      inner,
      chunk_rows: chunkRows,
      epsilon,
      keep_scale: 1 / (1 - dropoutProbability),
    },
    rowGrid(Math.ceil(channels / width / 64), chunks),
  );
  if (last) return;
  sumColumns(launcher, { x: target.dweight, y: dweight, rows: chunks, columns: channels });
  sumColumns(launcher, { x: target.dbias, y: dbias, rows: chunks, columns: channels });
  launcher.release(target.dweight);
  launcher.release(target.dbias);
}

/**
 * dx, the gradient of batch normalisation (with its rectifier and dropout) for its input, [batch, channels, inner].
 * Where the statistics were those of the batch, it runs through them too.
 */
export function batchNormBackwardInput(
  launcher: Launcher,
  options: BatchNormBackwardOptions & {
    /** [channels], where the forward pass had it. */
    readonly weight?: BufferSlice | undefined;
    /** Results of `batchNormBackwardParameters`, where the statistics were those of the batch. */
    readonly sums?: { readonly dweight: BufferSlice; readonly dbias: BufferSlice } | undefined;
    /** Output. */
    readonly dx: BufferSlice;
  },
): void {
  const { x, mean, variance, epsilon = 1e-5, reluOutput, dropoutProbability = 0, dy, weight, sums, dx } = options;
  const { batch, channels, inner } = options;
  const bits = Number(inner === 1) + 2 * Number(!!weight) + 4 * Number(!!reluOutput) + 8 * Number(!!sums);
  const { kernel, width } = chooseWidth(inputKernels[bits]!, ...vectorSizes(options));
  const { rows, columns, channels: wideChannels } = rowsAndColumns(options, width);
  // Both sums in one binding, since devices may have no more than 8.
  const together = sums && oneAfterTheOther(launcher, [sums.dweight, sums.dbias], channels);
  launcher.dispatch(
    kernel,
    { x, mean, variance, weight: weight ?? x, y: reluOutput ?? x, dy, sums: together ?? x, dx },
    {
      rows,
      columns,
      channels: wideChannels,
      inverse_count: 1 / (batch * inner),
      epsilon,
      keep_scale: 1 / (1 - dropoutProbability),
    },
    rowGrid(Math.ceil(columns / 64), rows),
  );
  if (together) launcher.release(together);
}

/** Rows of the same length in one piece of scratch memory, which the caller releases. */
function oneAfterTheOther(launcher: Launcher, rows: readonly BufferSlice[], length: number): BufferSlice {
  const columns = rows.length * length, destination = launcher.scratch(columns * 4);
  rows.forEach((source, i) => {
    const place = { rows: 1, width: length, sourceColumns: length, destinationColumns: columns };
    copyColumns(launcher, { source, destination, ...place, destinationFrom: i * length });
  });
  return destination;
}
