import * as M from "../../engine/mod.ts";
import type { Shape } from "../../engine/tensors/storage.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { unaryReferences } from "../../kernels/elementwise/unary.ref.ts";
import type { UnaryFunction } from "../../kernels/elementwise/functions.ts";
import type { Call, Chooser, Dice } from "./call.ts";
import { broadcast, elementwise } from "./reference.ts";
import type { Node, Tape } from "./tape.ts";

/** A shape that repeats to another's, or that the other repeats to. */
function fitting(shape: Shape, dice: Dice): Shape {
  const kept = shape.slice(dice.chance(0.3) ? dice.below(shape.length + 1) : 0);
  const sizes = kept.map((size) => dice.chance(0.25) ? 1 : size === 1 && dice.chance(0.5) ? dice.size() : size);
  return dice.chance(0.1) && kept.length === shape.length ? [dice.below(3), ...sizes] : sizes;
}

function binary(
  name: string,
  run: (inputs: M.Operands) => Tensor,
  f: (tape: Tape, a: Node, b: Node) => Node,
  safe?: (b: number) => boolean,
): Chooser {
  return (shape, dice) => ({
    text: name,
    others: [dice.chance(0.3) ? shape : fitting(shape, dice)],
    run: ([a, b]) => run({ a: a!, b: b! }),
    reference: ([a, b], tape) => broadcast(a!, b!, (left, right) => f(tape, left, right)),
    safe: ([, b]) => !safe || b!.every(safe),
  });
}

function unary(
  name: UnaryFunction,
  run: (inputs: M.UnaryInputs) => Tensor,
  safe: (x: number) => boolean = () => true,
  [low, high]: readonly [number, number] = [0, 0],
): Chooser {
  const { value, derivative } = unaryReferences[name];
  return (): Call => ({
    text: name,
    others: [],
    run: ([x]) => run({ x: x! }),
    reference: ([x], tape) =>
      elementwise(x!, (node) => tape.map(node, (v) => value(v, low, high), (v) => derivative(v, low, high))),
    safe: ([x]) => x!.every(safe),
  });
}

const offZero = (x: number) => Math.abs(x) > 1e-3;

/** Arithmetic and functions of one variable. */
export const elementwiseCalls: readonly Chooser[] = [
  binary("add", M.add, (tape, a, b) => tape.add(a, b)),
  binary("subtract", M.subtract, (tape, a, b) => tape.subtract(a, b)),
  binary("multiply", M.multiply, (tape, a, b) => tape.multiply(a, b)),
  binary("divide", M.divide, (tape, a, b) => tape.divide(a, b), (b) => Math.abs(b) > 0.3),
  unary("square", M.square),
  unary("abs", M.abs, offZero),
  unary("exp", M.exp, (x) => x < 2),
  unary("log", M.log, (x) => x > 0.2),
  unary("sqrt", M.sqrt, (x) => x > 0.1),
  unary("tanh", M.tanh),
  unary("sigmoid", M.sigmoid),
  unary("softplus", M.softplus),
  unary("relu", M.relu, offZero),
  unary("silu", M.silu),
  unary("gelu", M.gelu),
  unary("gelu_tanh", ({ x }) => M.gelu({ x }, { approximate: "tanh" })),
  unary("clamp", ({ x }) => M.clamp({ x }, { min: -0.5, max: 0.7 }), (x) => offZero(x + 0.5) && offZero(x - 0.7), [
    -0.5,
    0.7,
  ]),
  (shape, dice) => {
    const mask = shape.reduce<number[]>((all, size) => all.flatMap((one) => Array(size).fill(one)), [1])
      .map(() => Number(dice.chance(0.6)));
    return {
      text: `masked_dropout ${JSON.stringify({ mask })}`,
      others: [],
      run: ([x], engine) => M.maskedDropout({ x: x!, mask: engine.indices(shape, mask) }, { p: 0.5 }),
      reference: ([x], tape) => elementwise(x!, (node, i) => tape.affine(node, 2 * mask[i]!)),
    };
  },
];
