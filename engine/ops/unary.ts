import { type PlainFunction, type UnaryFunction, unaryFunctions } from "../../kernels/elementwise/functions.ts";
import { unary, unaryBackward } from "../../kernels/elementwise/unary.ts";
import { type Op, op } from "../autograd.ts";
import type { ClampOptions, GeluOptions } from "../tensors/op_options.ts";
import type { Tensor } from "../tensors/tensor.ts";
import type { SettingRule } from "../../kernels/settings.ts";

/** The input of a function of one variable. */
export interface UnaryInputs {
  /** Any shape; the result has the same. */
  readonly x: Tensor;
}

/** The forms of GELU. */
export const geluForms: readonly NonNullable<GeluOptions["approximate"]>[] = ["none", "tanh"];

interface Bounds {
  readonly low: number;
  readonly high: number;
}

function unaryOp<O = void>(
  name: string,
  functionOf: (options: O) => UnaryFunction,
  boundsOf?: (options: O) => Bounds,
  settings: { readonly [Name in keyof O]?: SettingRule } = {},
): Op<UnaryInputs, O> {
  return op(name, {
    settings,
    forward({ x }: UnaryInputs, options: O) {
      const y = x.engine.empty(x.shape);
      const bounds = boundsOf?.(options);
      unary(x.engine.stream, functionOf(options), { x: x.slice, y: y.slice, count: x.size, ...bounds });
      return y;
    },
    backward: ({ inputs: { x }, options }, dy) => ({
      x() {
        const dx = x.engine.empty(x.shape);
        unaryBackward(x.engine.stream, functionOf(options), {
          x: x.slice,
          dy: dy.slice,
          dx: dx.slice,
          count: x.size,
          ...boundsOf?.(options),
        });
        return dx;
      },
    }),
  });
}

const plainFunctions = unaryFunctions.filter((name): name is PlainFunction =>
  name !== "gelu" && name !== "gelu_tanh" && name !== "clamp"
);

/** The functions of the table that have no settings, as ops. */
export const elementwise: Readonly<Record<PlainFunction, Op<UnaryInputs>>> = Object.fromEntries(
  plainFunctions.map((name) => [name, unaryOp(name, () => name)]),
) as Record<PlainFunction, Op<UnaryInputs>>;

/** x², element by element. */
export const square: Op<UnaryInputs> = elementwise.square;

/** |x|, element by element; its slope at 0 is 0. */
export const abs: Op<UnaryInputs> = elementwise.abs;

/** eˣ, element by element. */
export const exp: Op<UnaryInputs> = elementwise.exp;

/** Natural logarithm, element by element. */
export const log: Op<UnaryInputs> = elementwise.log;

/** Square root, element by element. */
export const sqrt: Op<UnaryInputs> = elementwise.sqrt;

/** Hyperbolic tangent, element by element. */
export const tanh: Op<UnaryInputs> = elementwise.tanh;

/** 1 / (1 + e⁻ˣ), element by element. */
export const sigmoid: Op<UnaryInputs> = elementwise.sigmoid;

/** log(1 + eˣ), element by element. */
export const softplus: Op<UnaryInputs> = elementwise.softplus;

/** max(x, 0), element by element; its slope at 0 is 0. */
export const relu: Op<UnaryInputs> = elementwise.relu;

/** x sigmoid(x), element by element. */
export const silu: Op<UnaryInputs> = elementwise.silu;

/** 1 for elements above 0, else 0; no gradient comes through. */
export const step: Op<UnaryInputs> = elementwise.step;

/**
 * x Φ(x), element by element, with Φ the distribution function of the normal distribution.
 *
 * @see Hendrycks, Gimpel, "Gaussian error linear units" (2016)
 */
export const gelu: Op<UnaryInputs, GeluOptions> = unaryOp<GeluOptions>(
  "gelu",
  ({ approximate }) => approximate === "tanh" ? "gelu_tanh" : "gelu",
  undefined,
  { approximate: geluForms },
);

/** x, but no less than `min` and no more than `max`; the gradient passes between the bounds and at them. */
export const clamp: Op<UnaryInputs, ClampOptions> = unaryOp<ClampOptions>(
  "clamp",
  () => "clamp",
  ({ min: low, max: high }) => ({ low, high }),
);
