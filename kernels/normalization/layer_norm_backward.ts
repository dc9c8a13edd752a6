import laneSumCode from "../reduction/lane_sum.wgsl" with { type: "text" };
import code from "./layer_norm_backward.wgsl" with { type: "text" };
import workgroupCode from "./layer_norm_backward_workgroup.wgsl" with { type: "text" };
import parametersCode from "./layer_norm_backward_parameters.wgsl" with { type: "text" };
import { fill } from "../elementwise/fill.ts";
import { type BufferSlice, defineKernel, type Launcher, rowGrid, workgroupGrid } from "../launcher.ts";
import { takesVectors } from "./layer_norm.ts";
import { rowsPerChunk, sumColumns } from "../reduction/sum_columns.ts";

/** What both gradients of `layerNorm` need. */
export interface LayerNormBackwardOptions {
  /** Input of the forward pass, [rows, columns]. */
  readonly x: BufferSlice;
  /** Statistics of the forward pass, [rows, 2]. */
  readonly statistics: BufferSlice;
  /** Output of the forward pass where it had the rectifier: what is not positive has no gradient. */
  readonly reluOutput?: BufferSlice | undefined;
  /** Probability of the dropout that followed the rectifier. */
  readonly dropoutProbability?: number;
  /** Gradient of the output, [rows, columns]. */
  readonly dy: BufferSlice;
  /** Rows, each normalised by itself. */
  readonly rows: number;
  /** Elements of a row. */
  readonly columns: number;
}

const inputForm = {
  bindings: { x: "read", statistics: "read", weight: "read", y: "read", dy: "read", dx: "write" },
  uniforms: { rows: "u32", columns: "u32", inverse_columns: "f32", keep_scale: "f32" },
} as const;
const inputKernels = [0, 1, 2, 3].map((flags) => {
  const constants = { affine: flags & 1, relu: flags >> 1 };
  return {
    invocationPerRow: defineKernel({ label: "layer_norm.backward", code, ...inputForm, constants }),
    workgroupPerRow: defineKernel({
      label: "layer_norm.backward.workgroup",
      code: `${laneSumCode}\n${workgroupCode}`,
      ...inputForm,
      constants,
    }),
  };
});
const parameterKernels = [0, 1].map((relu) =>
  defineKernel({
    label: "layer_norm.backward.parameters",
    code: parametersCode,
    bindings: { x: "read", statistics: "read", y: "read", dy: "read", dweight: "write", dbias: "write" },
    uniforms: { rows: "u32", columns: "u32", chunk_rows: "u32", keep_scale: "f32", accumulate: "u32" },
    constants: { relu },
  })
);

/** dx, the gradient of layer normalisation (with its rectifier and dropout) for its input, [rows, columns]. */
export function layerNormBackwardInput(
  launcher: Launcher,
  options: LayerNormBackwardOptions & {
    /** [columns], where the forward pass had it. */
    readonly weight?: BufferSlice | undefined;
    readonly dx: BufferSlice;
  },
): void {
  const { x, statistics, reluOutput, dropoutProbability = 0, weight, dy, dx, rows, columns } = options;
  const { invocationPerRow, workgroupPerRow } = inputKernels[(weight ? 1 : 0) + (reluOutput ? 2 : 0)]!;
  const byVectors = takesVectors(launcher, columns);
  launcher.dispatch(
    byVectors ? invocationPerRow : workgroupPerRow,
    { x, statistics, weight: weight ?? x, y: reluOutput ?? x, dy, dx },
    { rows, columns, inverse_columns: 1 / columns, keep_scale: 1 / (1 - dropoutProbability) },
    workgroupGrid(byVectors ? Math.ceil(rows / 8) : rows),
  );
}

/** dweight and dbias, [columns] each: the gradients of layer normalisation for its parameters, summed in a fixed order. */
export function layerNormBackwardParameters(
  launcher: Launcher,
  options: LayerNormBackwardOptions & {
    readonly dweight: BufferSlice;
    readonly dbias: BufferSlice;
    /** Adds to what dweight and dbias hold. */
    readonly accumulate?: boolean;
  },
): void {
  const { x, statistics, reluOutput, dropoutProbability = 0, dy, dweight, dbias, rows, columns } = options;
  const { accumulate = false } = options;
  if (rows === 0) {
    for (const y of accumulate ? [] : [dweight, dbias]) fill(launcher, { y, count: columns, value: 0 });
    return;
  }
  const chunkRows = rowsPerChunk(launcher), chunks = Math.max(Math.ceil(rows / chunkRows), 1);
  const last = chunks === 1;
  const target = last ? { dweight, dbias } : {
    dweight: launcher.scratch(chunks * columns * 4),
    dbias: launcher.scratch(chunks * columns * 4),
  };
  launcher.dispatch(
    parameterKernels[reluOutput ? 1 : 0]!,
    { x, statistics, y: reluOutput ?? x, dy, ...target },
    {
      rows,
      columns,
      chunk_rows: chunkRows,
      keep_scale: 1 / (1 - dropoutProbability),
      accumulate: last && accumulate ? 1 : 0,
    },
    rowGrid(Math.ceil(columns / 64), chunks),
  );
  if (last) return;
  sumColumns(launcher, { x: target.dweight, y: dweight, rows: chunks, columns, accumulate });
  sumColumns(launcher, { x: target.dbias, y: dbias, rows: chunks, columns, accumulate });
  launcher.release(target.dweight);
  launcher.release(target.dbias);
}
