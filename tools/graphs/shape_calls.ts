import * as M from "../../engine/mod.ts";
import { apart, type Call, type Chooser } from "./call.ts";
import { along, at, broadcast, build, count, reduce, type Reference } from "./reference.ts";
import type { Node, Tape } from "./tape.ts";

function reduction(
  name: string,
  run: (inputs: M.ReductionInputs, options: M.ReductionOptions) => M.Tensor,
  f: (tape: Tape, line: Node[]) => Node,
): Chooser {
  return (shape, dice) => {
    const axis = dice.chance(0.2) || shape.length === 0 ? null : dice.below(shape.length), keepdim = dice.chance(0.3);
    const long = axis === null ? count(shape) : shape[axis]!;
    // Only sums of nothing are numbers.
    if (long === 0 && name !== "sum") return null;
    return {
      text: `${name} ${JSON.stringify({ axis, keepdim })}`,
      others: [],
      run: ([x]) => run({ x: x! }, { axis, keepdim }),
      reference: ([x], tape) => reduce(x!, axis, keepdim, (line) => f(tape, line)),
      safe: ([x]) => name !== "max" || apart(shape, axis, x!),
    };
  };
}

const greatest = (tape: Tape, line: Node[]) => line.reduce((best, node) => tape.at(node) > tape.at(best) ? node : best);

function softmax(name: string, run: typeof M.softmax, f: (tape: Tape, line: Node[]) => Node[]): Chooser {
  return (shape, dice) => {
    if (shape.length === 0) return null;
    const axis = dice.below(shape.length);
    return {
      text: `${name} ${JSON.stringify({ axis })}`,
      others: [],
      run: ([x]) => run({ x: x! }, { axis }),
      reference: ([x], tape) => along(x!, axis, (line) => f(tape, line)),
    };
  };
}

/** A call whose result has elements of x and no others. */
function moving(
  text: string,
  run: Call["run"],
  reference: (x: Reference, others: readonly Reference[]) => Reference,
): Call {
  return { text, others: [], run, reference: ([x, ...others]) => reference(x!, others) };
}

/** Reductions, and what gives elements another place. */
export const shapeCalls: readonly Chooser[] = [
  reduction("sum", M.sum, (tape, line) => tape.sum(line)),
  reduction("mean", M.mean, (tape, line) => tape.sum(line, 1 / line.length)),
  reduction("max", M.max, greatest),
  reduction("logsumexp", M.logsumexp, (tape, line) => tape.logSumExp(line)),
  softmax("softmax", M.softmax, (tape, line) => tape.softmax(line)),
  softmax("log_softmax", M.logSoftmax, (tape, line) => {
    const sum = tape.logSumExp(line);
    return line.map((x) => tape.subtract(x, sum));
  }),
  (from, dice) => {
    const total = count(from);
    const shape = total === 0
      ? [dice.size(), 0]
      : dice.pick([[total], [1, total], [total, 1], from.toReversed(), [...from, 1]]);
    return moving(
      `reshape ${JSON.stringify({ shape })}`,
      ([x]) => M.reshape({ x: x! }, { shape }),
      (x) => ({ shape, nodes: x.nodes }),
    );
  },
  (shape, dice) => {
    const order = dice.order(shape.length);
    return moving(`permute ${JSON.stringify({ order })}`, ([x]) => M.permute({ x: x! }, { order }), (x) => {
      return build(order.map((axis) => shape[axis]!), (position) => {
        return at(x, shape.map((_, axis) => position[order.indexOf(axis)]!));
      });
    });
  },
  (from, dice) => {
    const sizes = from.map((size) => size === 1 ? dice.size() : size);
    const shape = dice.chance(0.3) ? [dice.below(3), ...sizes] : sizes;
    return moving(
      `expand ${JSON.stringify({ shape })}`,
      ([x]) => M.expand({ x: x! }, { shape }),
      (x) => build(shape, (position) => at(x, position)),
    );
  },
  (shape, dice) => {
    if (shape.length === 0) return null;
    const axis = dice.below(shape.length), size = shape[axis]!, start = dice.below(size + 1), step = 1 + dice.below(2);
    const end = start + dice.below(size - start + 1), picked = Math.ceil((end - start) / step);
    return moving(
      `slice ${JSON.stringify({ axis, start, end, step })}`,
      ([x]) => M.slice({ x: x! }, { axis, start, end, step }),
      (x) => build(shape.with(axis, picked), (position) => at(x, position.with(axis, start + step * position[axis]!))),
    );
  },
  (shape, dice) => {
    if (shape.length === 0) return null;
    const axis = dice.below(shape.length), other = shape.with(axis, dice.size()), own = shape[axis]!;
    return {
      ...moving(`concat ${JSON.stringify({ axis })}`, ([a, b]) => M.concat([a!, b!, a!], { axis }), (a, [b]) => {
        const size = 2 * own + other[axis]!;
        return build(shape.with(axis, size), (position) => {
          const place = position[axis]!;
          if (place < own) return at(a, position);
          if (place < own + other[axis]!) return at(b!, position.with(axis, place - own));
          return at(a, position.with(axis, place - own - other[axis]!));
        });
      }),
      others: [other],
    };
  },
  (shape, dice) => {
    const axis = dice.below(shape.length + 1);
    return {
      ...moving(`stack ${JSON.stringify({ axis })}`, ([a, b]) => M.stack([a!, b!], { axis }), (a, [b]) => {
        return build(
          shape.toSpliced(axis, 0, 2),
          (position) => at(position[axis] ? b! : a, position.toSpliced(axis, 1)),
        );
      }),
      others: [shape],
    };
  },
  (shape, dice) => {
    const axis = shape.length > 0 ? dice.below(shape.length) : 0, size = shape[axis] ?? 0;
    const sizes = shape.map((size, i) => i === axis ? dice.size() : dice.below(size + 1));
    if (size === 0) return null;
    const index = dice.indices(count(sizes), size);
    return moving(
      `gather ${JSON.stringify({ axis, sizes, index })}`,
      ([x], engine) => M.gather({ x: x!, index: engine.indices(sizes, index) }, { axis }),
      (x) => {
        let next = 0;
        return build(sizes, (position) => at(x, position.with(axis, index[next++]!)));
      },
    );
  },
  (shape, dice) => {
    const axis = shape.length > 0 ? dice.below(shape.length) : 0, size = shape[axis] ?? 0;
    if (size === 0) return null;
    const index = dice.indices(dice.size(), size);
    return moving(
      `index_select ${JSON.stringify({ axis, index })}`,
      ([x], engine) => M.indexSelect({ x: x!, index: engine.indices([index.length], index) }, { axis }),
      (x) => build(shape.with(axis, index.length), (position) => at(x, position.with(axis, index[position[axis]!]!))),
    );
  },
  ([rows, columns, ...rest], dice) => {
    if (!rows || columns === undefined || rest.length > 0) return null;
    const index = dice.indices(dice.size(), rows);
    return moving(
      `embedding ${JSON.stringify({ index })}`,
      ([weight], engine) => M.embedding({ weight: weight!, index: engine.indices([index.length], index) }),
      (x) => build([index.length, columns], ([row, column]) => at(x, [index[row!]!, column!])),
    );
  },
  (shape, dice) => {
    if (shape.length === 0) return null;
    const axis = dice.below(shape.length), k = dice.below(shape[axis]! + 1);
    return {
      text: `topk ${JSON.stringify({ axis, k })}`,
      others: [],
      run: ([x]) => M.topk({ x: x! }, { axis, k }).values,
      reference: ([x], tape) => {
        const sorted = along(x!, axis, (line) => line.toSorted((a, b) => tape.at(b) - tape.at(a)));
        return build(shape.with(axis, k), (position) => at(sorted, position));
      },
      safe: ([x]) => apart(shape, axis, x!),
    };
  },
  // One tensor on both sides.
  (shape) => ({
    text: "multiply x x",
    others: [],
    run: ([x]) => M.multiply({ a: x!, b: x! }),
    reference: ([x], tape) => broadcast({ ...x!, shape }, x!, (a, b) => tape.multiply(a, b)),
  }),
];
