import { reluBackward } from "../../kernels/elementwise/relu_backward.ts";
import { unaryBackward } from "../../kernels/elementwise/unary.ts";
import type { Activation } from "../../kernels/matmul/kernels.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import { sumColumns } from "../../kernels/reduction/sum_columns.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { operand } from "../autocast.ts";
import { type Op, op } from "../autograd.ts";
import type { GeluOptions } from "../tensors/op_options.ts";
import { expectRows, expectShape, lastAxis, shapeText } from "../tensors/shapes.ts";
import { storedAs, type Tensor } from "../tensors/tensor.ts";
import { half } from "./half.ts";
import { geluForms } from "./unary.ts";

/** Inputs of `linear`. */
export interface LinearInputs {
  /** [..., in]; f32 or f16 */
  readonly x: Tensor;
  /** [out, in]; f32 or f16 */
  readonly weight: Tensor;
  /** [out] */
  readonly bias?: Tensor | undefined;
}

/** Options of `linear`. */
export interface LinearOptions {
  /** Negative results become 0. */
  readonly relu?: boolean;
  /** Results pass through GELU of this form, instead of the rectifier. */
  readonly gelu?: NonNullable<GeluOptions["approximate"]>;
}

/** What the backward pass needs besides. */
interface LinearSaved {
  /** What the product read: the inputs, or their copies in f16. */
  readonly x: Tensor;
  readonly weight: Tensor;
  /** True inside `engine.autocast`: the upstream gradient is then read as f16 too. */
  readonly halves: boolean;
  /** The sums before a GELU. */
  readonly sums?: Tensor | undefined;
}

/**
 * y = x Wᵀ + b, with an optional rectifier or GELU in the same pass.
 *
 * `x` [..., in], `weight` [out, in], `bias` [out] → [..., out].
 *
 * @throws ShapeError when the sizes do not fit together
 */
export const linear: Op<LinearInputs, LinearOptions> = op("linear", {
  settings: { gelu: geluForms },
  f16: ["x", "weight"],
  forward(
    { x, weight, bias }: LinearInputs,
    { relu = false, gelu }: LinearOptions,
    save: (saved: LinearSaved) => void,
  ) {
    const { rows, columns: inFeatures } = lastAxis(x);
    const [outFeatures, expected] = weight.shape;
    if (weight.shape.length !== 2 || outFeatures === undefined || expected === undefined) {
      throw new ShapeError(`linear: weight is ${shapeText(weight.shape)}, but [out, in] is expected.`);
    }
    expectRows("linear", "x", x, { name: "weight", shape: weight.shape, rows: expected });
    if (bias) expectShape("linear", "bias", bias, [outFeatures]);
    const y = x.engine.empty([...x.shape.slice(0, -1), outFeatures]);
    const sums = gelu && x.engine.recording ? x.engine.empty(y.shape) : undefined;
    const a = operand(x), b = operand(weight);
    save({ x: a, weight: b, halves: x.engine.halves !== null, sums });
    matmul(x.engine.stream, {
      a: a.slice,
      b: b.slice,
      c: y.slice,
      m: rows,
      n: outFeatures,
      k: inFeatures,
      transposeB: true,
      storedA: storedAs(a),
      storedB: storedAs(b),
      bias: bias?.slice,
      relu,
      activation: gelu && activations[gelu],
      sums: sums?.slice,
    });
    return y;
  },
  backward({ inputs: { x, weight }, output, options: { relu, gelu }, saved }, dy) {
    const { engine } = x;
    const { rows, columns: inFeatures } = lastAxis(x);
    const outFeatures = weight.shape[0]!;
    const upstream = gelu ? throughGelu(gelu, saved.sums!, dy) : relu ? rectified(output, dy) : dy;
    const a = saved.halves ? half({ x: upstream }) : upstream;
    return {
      x(into) {
        const dx = into.tensor;
        matmul(engine.stream, {
          a: a.slice,
          b: saved.weight.slice,
          c: dx.slice,
          m: rows,
          n: inFeatures,
          k: outFeatures,
          storedA: storedAs(a),
          storedB: storedAs(saved.weight),
          accumulate: into.accumulate,
        });
        return dx;
      },
      weight(into) {
        const gradient = into.tensor;
        matmul(engine.stream, {
          a: a.slice,
          b: saved.x.slice,
          c: gradient.slice,
          m: outFeatures,
          n: inFeatures,
          k: rows,
          transposeA: true,
          storedA: storedAs(a),
          storedB: storedAs(saved.x),
          accumulate: into.accumulate,
        });
        return gradient;
      },
      bias(into) {
        const gradient = into.tensor;
        sumColumns(engine.stream, {
          x: upstream.slice,
          y: gradient.slice,
          rows,
          columns: outFeatures,
          accumulate: into.accumulate,
        });
        return gradient;
      },
    };
  },
});

function rectified(output: Tensor, dy: Tensor): Tensor {
  const dx = output.engine.empty(output.shape);
  reluBackward(output.engine.stream, { y: output.slice, dy: dy.slice, dx: dx.slice, count: output.size });
  return dx;
}

const activations: Readonly<Record<"none" | "tanh", Activation>> = { none: "gelu", tanh: "gelu_tanh" };

function throughGelu(form: "none" | "tanh", sums: Tensor, dy: Tensor): Tensor {
  const dx = sums.engine.empty(sums.shape);
  const operands = { x: sums.slice, dy: dy.slice, dx: dx.slice, count: sums.size };
  unaryBackward(sums.engine.stream, activations[form], operands);
  return dx;
}
