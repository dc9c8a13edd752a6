import { type Op, op } from "../autograd.ts";
import { Tensor } from "../tensors/tensor.ts";
import { UsageError } from "../../kernels/errors.ts";
import { combine, gradientOf } from "./broadcast.ts";

/** Operands of which one may be a number; see `Operands`. */
export type OperandsOrNumber =
  | Operands
  | { readonly a: Tensor; readonly b: number }
  | { readonly a: number; readonly b: Tensor };

/** Two tensors whose shapes fit together: trailing axes are aligned, and an axis of 1 or a missing one repeats. */
export interface Operands {
  /** Left operand. */
  readonly a: Tensor;
  /** Right operand. */
  readonly b: Tensor;
}

const addTensors: Op<Operands> = op("add", {
  forward: ({ a, b }: Operands) => combine("add", a, b),
  backward: ({ inputs: { a, b } }, dy) => ({
    a: (into) => gradientOf(a.shape, dy, into),
    b: (into) => gradientOf(b.shape, dy, into),
  }),
});

const subtractTensors: Op<Operands> = op("subtract", {
  forward: ({ a, b }: Operands) => combine("subtract", a, b),
  backward: ({ inputs: { a, b } }, dy) => ({
    a: (into) => gradientOf(a.shape, dy, into),
    b: (into) => gradientOf(b.shape, dy, into, -1),
  }),
});

const multiplyTensors: Op<Operands> = op("multiply", {
  forward: ({ a, b }: Operands) => combine("multiply", a, b),
  backward: ({ inputs: { a, b } }, dy) => ({
    a: (into) => gradientOf(a.shape, combine("multiply", dy, b), into),
    b: (into) => gradientOf(b.shape, combine("multiply", dy, a), into),
  }),
});

const divideTensors: Op<Operands> = op("divide", {
  forward: ({ a, b }: Operands) => combine("divide", a, b),
  backward: ({ inputs: { a, b }, output: y }, dy) => ({
    a: (into) => gradientOf(a.shape, combine("divide", dy, b), into),
    b: (into) => gradientOf(b.shape, combine("multiply", combine("divide", dy, b), y), into, -1),
  }),
});

/**
 * Makes an op of two tensors take a number for one of them: a scalar tensor, which the result keeps as long as the backward
 * pass may need it.
 */
function withNumbers(name: string, run: Op<Operands>): (operands: OperandsOrNumber) => Tensor {
  return ({ a, b }) => {
    if (a instanceof Tensor && b instanceof Tensor) return run({ a, b });
    const tensor = a instanceof Tensor ? a : b as Tensor, number = a instanceof Tensor ? b : a;
    if (!(tensor instanceof Tensor) || typeof number !== "number") {
      throw new UsageError(`${name}: a tensor and a tensor or a number are expected, not ${typeof a} and ${typeof b}.`);
    }
    const { engine } = tensor;
    return engine.scope(() => {
      const scalar = engine.full([], number, String(number));
      const y = run(tensor === a ? { a, b: scalar } : { a: scalar, b: tensor });
      if (!y.requiresGrad) return [y];
      y.own([scalar]);
      return [y, scalar];
    })[0]!;
  };
}

/** a + b, element by element, of any shapes that fit together, or of a tensor and a number. @throws ShapeError when they do not fit */
export const add: (operands: OperandsOrNumber) => Tensor = withNumbers("add", addTensors);

/** a - b, element by element, of any shapes that fit together, or of a tensor and a number. @throws ShapeError when they do not fit */
export const subtract: (operands: OperandsOrNumber) => Tensor = withNumbers("subtract", subtractTensors);

/** a b, element by element, of any shapes that fit together, or of a tensor and a number. @throws ShapeError when they do not fit */
export const multiply: (operands: OperandsOrNumber) => Tensor = withNumbers("multiply", multiplyTensors);

/** a / b, element by element, of any shapes that fit together, or of a tensor and a number. @throws ShapeError when they do not fit */
export const divide: (operands: OperandsOrNumber) => Tensor = withNumbers("divide", divideTensors);
