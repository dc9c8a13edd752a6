import { bilinear as launch } from "../../kernels/bilinear/bilinear.ts";
import { bilinearBackwardX1, bilinearBackwardX2 } from "../../kernels/bilinear/bilinear_backward.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { sumColumns } from "../../kernels/reduction/sum_columns.ts";
import { type Op, op } from "../autograd.ts";
import { multiplyOut } from "../tensors/factored_gradient.ts";
import { expectRows, expectShape, lastAxis, sameShape, shapeText } from "../tensors/shapes.ts";
import type { GradientTarget, GradientThunk, Tensor } from "../tensors/tensor.ts";

/** Inputs of `bilinear`. */
export interface BilinearInputs {
  /** [..., in1] */
  readonly x1: Tensor;
  /** [..., in2], its leading axes those of x1 */
  readonly x2: Tensor;
  /** [out, in1, in2]; it may lie in several buffers */
  readonly weight: Tensor;
  /** [out] */
  readonly bias?: Tensor | undefined;
}

/**
 * Bilinear form y_o = x1ᵀ W_o x2 + b_o, as PyTorch's `nn.functional.bilinear`.
 *
 * `x1` [..., in1], `x2` [..., in2], `weight` [out, in1, in2], `bias` [out] → [..., out].
 *
 * Works through the outputs a tile at a time, so that neither [..., out, in1] nor, where the weight is a factored
 * parameter, its gradient is ever in memory as a whole.
 *
 * @throws ShapeError when the sizes do not fit together
 */
export const bilinear: Op<BilinearInputs> = op("bilinear", {
  forward({ x1, x2, weight, bias }: BilinearInputs) {
    const sizes = sizesOf(x1, x2, weight);
    if (bias) expectShape("bilinear", "bias", bias, [sizes.out]);
    const y = x1.engine.empty([...x1.shape.slice(0, -1), sizes.out]);
    const operands = { x1: x1.slice, x2: x2.slice, weight: weight.slices, bias: bias?.slice };
    launch(x1.engine.stream, { ...sizes, ...operands, y: y.slice });
    return y;
  },
  backward({ inputs: { x1, x2, weight } }, dy) {
    const { engine } = x1;
    const sizes = sizesOf(x1, x2, weight);
    const operands = { ...sizes, x1: x1.slice, x2: x2.slice, weight: weight.slices, dy: dy.slice };
    const factors = { x1, x2, dy };
    const ofWeight = (into: GradientTarget) => multiplyOut(factors, into);
    return {
      x1(into) {
        const dx1 = into.tensor;
        bilinearBackwardX1(engine.stream, { ...operands, dx1: dx1.slice, accumulate: into.accumulate });
        return dx1;
      },
      x2(into) {
        const dx2 = into.tensor;
        bilinearBackwardX2(engine.stream, { ...operands, dx2: dx2.slice, accumulate: into.accumulate });
        return dx2;
      },
      weight: Object.assign(ofWeight, { factors }) satisfies GradientThunk,
      bias(into) {
        const gradient = into.tensor;
        sumColumns(engine.stream, {
          x: dy.slice,
          y: gradient.slice,
          rows: sizes.batch,
          columns: sizes.out,
          accumulate: into.accumulate,
        });
        return gradient;
      },
    };
  },
});

function sizesOf(x1: Tensor, x2: Tensor, weight: Tensor) {
  const { rows: batch, columns: in1 } = lastAxis(x1), in2 = lastAxis(x2).columns;
  if (!sameShape(x1.shape.slice(0, -1), x2.shape.slice(0, -1))) {
    throw new ShapeError(`bilinear: x1 ${shapeText(x1.shape)} and x2 ${shapeText(x2.shape)} differ in their rows.`);
  }
  const [out, rows1, rows2] = weight.shape;
  if (weight.shape.length !== 3 || out === undefined || rows1 === undefined || rows2 === undefined) {
    throw new ShapeError(`bilinear: weight is ${shapeText(weight.shape)}, but [out, in1, in2] is expected.`);
  }
  expectRows("bilinear", "x1", x1, { name: "weight", shape: weight.shape, rows: rows1 });
  expectRows("bilinear", "x2", x2, { name: "weight", shape: weight.shape, rows: rows2 });
  return { batch, in1, in2, out };
}
