import { type Op, op } from "../autograd.ts";
import type { Tensor } from "../tensor.ts";
import { combine, gradientOf } from "./broadcast.ts";

/** Two tensors whose shapes fit together: trailing axes are aligned, and an axis of 1 or a missing one repeats. */
export interface Operands {
  /** Left operand. */
  readonly a: Tensor;
  /** Right operand. */
  readonly b: Tensor;
}

/** a + b, element by element, of any shapes that fit together. @throws ShapeError when they do not */
export const add: Op<Operands> = op("add", {
  forward: ({ a, b }: Operands) => combine("add", a, b),
  backward: ({ inputs: { a, b } }, dy) => ({
    a: (into) => gradientOf(a.shape, dy, into),
    b: (into) => gradientOf(b.shape, dy, into),
  }),
});

/** a - b, element by element, of any shapes that fit together. @throws ShapeError when they do not */
export const subtract: Op<Operands> = op("subtract", {
  forward: ({ a, b }: Operands) => combine("subtract", a, b),
  backward: ({ inputs: { a, b } }, dy) => ({
    a: (into) => gradientOf(a.shape, dy, into),
    b: (into) => gradientOf(b.shape, dy, into, -1),
  }),
});

/** a b, element by element, of any shapes that fit together. @throws ShapeError when they do not */
export const multiply: Op<Operands> = op("multiply", {
  forward: ({ a, b }: Operands) => combine("multiply", a, b),
  backward: ({ inputs: { a, b } }, dy) => ({
    a: (into) => gradientOf(a.shape, combine("multiply", dy, b), into),
    b: (into) => gradientOf(b.shape, combine("multiply", dy, a), into),
  }),
});

/** a / b, element by element, of any shapes that fit together. @throws ShapeError when they do not */
export const divide: Op<Operands> = op("divide", {
  forward: ({ a, b }: Operands) => combine("divide", a, b),
  backward: ({ inputs: { a, b }, output: y }, dy) => ({
    a: (into) => gradientOf(a.shape, combine("divide", dy, b), into),
    b: (into) => gradientOf(b.shape, combine("multiply", combine("divide", dy, b), y), into, -1),
  }),
});
