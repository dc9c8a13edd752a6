import laneSumCode from "../reduction/lane_sum.wgsl" with { type: "text" };
import code from "./layer_norm.wgsl" with { type: "text" };
import workgroupCode from "./layer_norm_workgroup.wgsl" with { type: "text" };
import oneCode from "./relu_dropout_one.wgsl" with { type: "text" };
import fourCode from "./relu_dropout_four.wgsl" with { type: "text" };
import { MetrogradError } from "../errors.ts";
import { type Dropout, keepUniforms, keepValues } from "../dropout/keep.ts";
import { type BufferSlice, defineKernel, type Launcher, workgroupGrid } from "../launcher.ts";
import { drawUniforms, drawValues, withPhilox } from "../random/draw.ts";

/** Operands and sizes of `layerNorm`. */
export interface LayerNormOptions {
  /** [rows, columns] */
  readonly x: BufferSlice;
  /** [columns]; both or neither of weight and bias. */
  readonly weight?: BufferSlice | undefined;
  /** [columns] */
  readonly bias?: BufferSlice | undefined;
  /** Output, [rows, columns]. */
  readonly y: BufferSlice;
  /** Output, [rows, 2]: mean and 1 / standard deviation of each row, which the backward pass needs. */
  readonly statistics: BufferSlice;
  /** Rows, each normalised by itself. */
  readonly rows: number;
  /** Elements of a row. */
  readonly columns: number;
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number;
  /** Negative results become 0. */
  readonly relu?: boolean;
  /** Dropout after the rectifier, with the mask that `dropout` would draw; only together with `relu`. */
  readonly dropout?: Dropout | undefined;
}

const defineVariants = (relu: boolean, dropout: boolean) =>
  [false, true].map((affine) => {
    const form = {
      bindings: { x: "read", weight: "read", bias: "read", y: "write", statistics: "write" },
      uniforms: {
        rows: "u32",
        columns: "u32",
        inverse_columns: "f32",
        epsilon: "f32",
        ...keepUniforms,
        ...drawUniforms,
      },
      constants: { affine: Number(affine), relu: Number(relu), dropout: Number(dropout) },
    } as const;
    const label = `layer_norm${relu ? ".relu" : ""}${dropout ? ".dropout" : ""}`;
    return {
      invocationPerRow: defineKernel({ label, code: withPhilox(`${fourCode}\n${code}`), ...form }),
      workgroupPerRow: defineKernel({
        label: `${label}.workgroup`,
        code: withPhilox([laneSumCode, oneCode, workgroupCode].join("\n")),
        ...form,
      }),
    };
  });
const plain = defineVariants(false, false);
const rectified = defineVariants(true, false);
const rectifiedWithDropout = defineVariants(true, true);

/** Longest row that one invocation handles, three times through, four elements a round; see `mostRounds`. */
const longestOfOne = 80_000;

/** Whether one invocation handles a row, which needs whole vectors of four columns; else a workgroup does. */
export function takesVectors(launcher: Launcher, columns: number): boolean {
  return launcher.capabilities.software && columns % 4 === 0 && columns <= longestOfOne;
}

/**
 * y = (x - mean) / sqrt(variance + epsilon) * weight + bias over each row, with the biased variance, and if asked the
 * rectifier and dropout in the same pass.
 *
 * @throws MetrogradError when dropout is asked for without the rectifier, or only one of weight and bias is given
 * @see Ba, Kiros, Hinton, "Layer Normalization" (2016)
 */
export function layerNorm(launcher: Launcher, options: LayerNormOptions): void {
  const { x, weight, bias, y, statistics, rows, columns, epsilon = 1e-5, relu = false, dropout } = options;
  if (!weight !== !bias) throw new MetrogradError("layer norm: weight and bias are given together or not at all.");
  if (dropout && !relu) throw new MetrogradError("layer norm: dropout in the same pass needs the rectifier.");
  const variants = dropout ? rectifiedWithDropout : relu ? rectified : plain;
  const { invocationPerRow, workgroupPerRow } = variants[weight ? 1 : 0]!;
  const byVectors = takesVectors(launcher, columns);
  launcher.dispatch(
    byVectors ? invocationPerRow : workgroupPerRow,
    { x, weight: weight ?? x, bias: bias ?? x, y, statistics },
    {
      rows,
      columns,
      inverse_columns: 1 / columns,
      epsilon,
      ...keepValues(dropout?.probability ?? 0),
      ...drawValues(dropout?.draw ?? { seed: 0 }),
    },
    workgroupGrid(byVectors ? Math.ceil(rows / 8) : rows),
  );
}
