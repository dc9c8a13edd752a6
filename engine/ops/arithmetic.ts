import { binary, type BinaryOperation } from "../../kernels/elementwise/binary.ts";
import { sumAll } from "../../kernels/reduction/sum_all.ts";
import { type Op, op } from "../autograd.ts";
import { expectShape } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";

function apply(operation: BinaryOperation, a: Tensor, b: Tensor): Tensor {
  expectShape(operation, "b", b, a.shape);
  const y = a.engine.empty(a.shape);
  binary(a.engine.stream, operation, { a: a.slice, b: b.slice, y: y.slice, count: a.size });
  return y;
}

/** Two tensors of equal shape. */
export interface Operands {
  /** Left operand. */
  readonly a: Tensor;
  /** Right operand. */
  readonly b: Tensor;
}

/** a + b of equal shapes, element by element. @throws ShapeError when the shapes differ */
export const add: Op<Operands> = op("add", {
  forward: ({ a, b }: Operands) => apply("add", a, b),
  backward: (_, dy) => ({ a: () => dy, b: () => dy }),
});

/** a - b of equal shapes, element by element. @throws ShapeError when the shapes differ */
export const subtract: Op<Operands> = op("subtract", {
  forward: ({ a, b }: Operands) => apply("subtract", a, b),
  backward: ({ output: { engine } }, dy) => ({
    a: () => dy,
    b: () => apply("subtract", engine.full(dy.shape, 0), dy),
  }),
});

/** a b of equal shapes, element by element. @throws ShapeError when the shapes differ */
export const multiply: Op<Operands> = op("multiply", {
  forward: ({ a, b }: Operands) => apply("multiply", a, b),
  backward: ({ inputs: { a, b } }, dy) => ({
    a: () => apply("multiply", dy, b),
    b: () => apply("multiply", dy, a),
  }),
});

/** Mean of all elements, a scalar. */
export const mean: Op<{ readonly x: Tensor }> = op("mean", {
  forward({ x }: { readonly x: Tensor }) {
    const y = x.engine.empty([]);
    sumAll(x.engine.stream, { x: x.slice, y: y.slice, count: x.size, scale: 1 / x.size });
    return y;
  },
  backward: ({ inputs: { x } }, dy) => ({ x: () => spread(dy, x, 1 / x.size) }),
});

/** Sum of all elements, a scalar. */
export const sum: Op<{ readonly x: Tensor }> = op("sum", {
  forward({ x }: { readonly x: Tensor }) {
    const y = x.engine.empty([]);
    sumAll(x.engine.stream, { x: x.slice, y: y.slice, count: x.size });
    return y;
  },
  backward: ({ inputs: { x } }, dy) => ({ x: () => spread(dy, x, 1) }),
});

/** A scalar's gradient times a factor, for each element of x. */
function spread(dy: Tensor, x: Tensor, factor: number): Tensor {
  const dx = x.engine.full(x.shape, factor);
  const y = x.engine.empty(x.shape);
  binary(x.engine.stream, "multiply", { a: dx.slice, b: dy.slice, y: y.slice, count: x.size, period: 1 });
  return y;
}
