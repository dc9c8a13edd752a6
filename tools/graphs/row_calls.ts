import * as M from "../../engine/mod.ts";
import type { Shape } from "../../engine/tensors/storage.ts";
import { unaryReferences } from "../../kernels/elementwise/unary.ref.ts";
import { type Call, type Chooser, type Dice, lengthOf, matrixRows } from "./call.ts";
import {
  at,
  broadcast,
  build,
  byRows,
  elementwise,
  normalized,
  perRow,
  product,
  type Reference,
  rowsOf,
  standardised,
} from "./reference.ts";
import type { Node, Tape } from "./tape.ts";

const last = (shape: Shape) => shape.at(-1)!;
const withLast = (shape: Shape, size: number) => [...shape.slice(0, -1), size];

/** Rows that vary, so that their standard deviation is no pole. */
const vary = (values: readonly number[], columns: number) =>
  columns < 2 || matrixRows(values, columns).every((row) => Math.max(...row) - Math.min(...row) > 0.1);
const long = (values: readonly number[], columns: number) =>
  matrixRows(values, columns).every((row) => lengthOf(row) > 0.1);

/** Pairs of rows, and one number for each. */
function pairs(
  text: string,
  run: (rows: M.RowPairs) => M.Tensor,
  f: (tape: Tape, x: Node[], y: Node[]) => Node,
  safe: (x: readonly number[], y: readonly number[], columns: number) => boolean = () => true,
): Chooser {
  return (shape) =>
    shape.length === 0 ? null : {
      text,
      others: [shape],
      run: ([x, y]) => run({ x: x!, y: y! }),
      reference: ([x, y], tape) => {
        const rows = rowsOf(y!);
        return perRow(x!, (row, i) => f(tape, row, rows[i]!));
      },
      safe: ([x, y]) => safe(x!, y!, last(shape)),
    };
}

/** All pairs of rows of two matrices. */
function allPairs(
  text: string,
  run: (rows: M.RowPairs) => M.Tensor,
  f: (tape: Tape, x: Node[], y: Node[]) => Node,
  safe: (x: readonly number[], y: readonly number[], columns: number) => boolean = () => true,
): Chooser {
  return (shape, dice) =>
    shape.length !== 2 ? null : {
      text,
      others: [[dice.size(), last(shape)]],
      run: ([x, y]) => run({ x: x!, y: y! }),
      reference: ([x, y], tape) => {
        const [left, right] = [rowsOf(x!), rowsOf(y!)];
        return build([left.length, right.length], ([i, j]) => f(tape, left[i!]!, right[j!]!));
      },
      safe: ([x, y]) => safe(x!, y!, last(shape)),
    };
}

const differences = (tape: Tape, x: readonly Node[], y: readonly Node[]) => x.map((a, i) => tape.subtract(a, y[i]!));
const squaredDistance = (tape: Tape, x: readonly Node[], y: readonly Node[]) => {
  const row = differences(tape, x, y);
  return tape.dot(row, row);
};
const distance = (tape: Tape, x: readonly Node[], y: readonly Node[]) => tape.sqrt(squaredDistance(tape, x, y));
const cosine = (tape: Tape, x: readonly Node[], y: readonly Node[]) =>
  tape.dot(normalized(tape, x), normalized(tape, y));
const farApart = (x: readonly number[], y: readonly number[], columns: number) =>
  matrixRows(x, columns).every((row) =>
    matrixRows(y, columns).every((other) => lengthOf(row.map((value, i) => value - other[i]!)) > 0.05)
  );
const farPaired = (x: readonly number[], y: readonly number[], columns: number) =>
  long(x.map((value, i) => value - y[i]!), columns);
const bothLong = (x: readonly number[], y: readonly number[], columns: number) => long(x, columns) && long(y, columns);

function linear(dice: Dice, shape: Shape): Call {
  const out = dice.size(), bias = dice.chance(0.7), end = dice.pick(["none", "relu", "gelu", "tanh"]);
  const options = {
    relu: end === "relu",
    ...(end === "gelu" ? { gelu: "none" as const } : {}),
    ...(end === "tanh" ? { gelu: "tanh" as const } : {}),
  };
  const { value, derivative } = unaryReferences[end === "tanh" ? "gelu_tanh" : "gelu"];
  const sums = ([x, weight, added]: readonly Reference[], tape: Tape) => {
    const rows = rowsOf(x!), weights = rowsOf(weight!);
    const nodes = rows.flatMap((row) =>
      weights.map((column, o) => added ? tape.add(tape.dot(row, column), added.nodes[o]!) : tape.dot(row, column))
    );
    return { shape: withLast(shape, out), nodes };
  };
  return {
    text: `linear ${JSON.stringify({ out, bias, end })}`,
    others: [[out, last(shape)], ...(bias ? [[out]] : [])],
    run: ([x, weight, bias]) => M.linear({ x: x!, weight: weight!, bias }, options),
    reference: (inputs, tape) => {
      const y = sums(inputs, tape);
      if (end === "none") return y;
      if (end === "relu") return elementwise(y, (node) => tape.atLeast(node, 0));
      return elementwise(y, (node) => tape.map(node, (v) => value(v, 0, 0), (v) => derivative(v, 0, 0)));
    },
  };
}

function matmul(dice: Dice, shape: Shape): Call {
  const transposeA = dice.chance(0.4), transposeB = dice.chance(0.4), shared = dice.chance(0.4), n = dice.size();
  const k = shape.at(transposeA ? -2 : -1)!, sizes = transposeB ? [n, k] : [k, n];
  return {
    text: `matmul ${JSON.stringify({ transposeA, transposeB, shared, n })}`,
    others: [shared ? sizes : [...shape.slice(0, -2), ...sizes]],
    run: ([a, b]) => M.matmul({ a: a!, b: b! }, { transposeA, transposeB }),
    reference: ([a, b], tape) => product(tape, a!, b!, { transposeA, transposeB }),
  };
}

function bilinear(dice: Dice, shape: Shape): Call {
  const out = dice.below(4), in2 = dice.pick([0, 1, 2, 3, 4]);
  return {
    text: `bilinear ${JSON.stringify({ out, in2 })}`,
    others: [withLast(shape, in2), [out, last(shape), in2], [out]],
    run: ([x1, x2, weight, bias]) => M.bilinear({ x1: x1!, x2: x2!, weight: weight!, bias: bias! }),
    reference: ([x1, x2, weight, bias], tape) => {
      const [left, right] = [rowsOf(x1!), rowsOf(x2!)];
      const nodes = left.flatMap((row, b) =>
        Array.from({ length: out }, (_, o) => {
          const inner = row.map((_, i) => tape.dot(right[b]!.map((_, j) => at(weight!, [o, i, j])), right[b]!));
          return tape.add(tape.dot(row, inner), bias!.nodes[o]!);
        })
      );
      return { shape: withLast(shape, out), nodes };
    },
  };
}

function batchNorm(dice: Dice, shape: Shape): Call {
  const [batch, channels, inner = 1] = shape as [number, number, number?];
  const training = dice.chance(0.6) && batch * inner > 1,
    statistics = dice.indices(channels, 9).map((value) => 0.5 + value / 4);
  return {
    text: `batch_norm ${JSON.stringify({ training, statistics })}`,
    others: [[channels], [channels]],
    run: ([x, weight, bias], engine) => {
      const running = {
        runningMean: engine.tensor([channels], statistics),
        runningVar: engine.tensor([channels], statistics),
      };
      return M.batchNorm({ x: x!, weight: weight!, bias: bias!, ...running }, { training });
    },
    reference: ([x, weight, bias], tape) => {
      const samples = (channel: number) => x!.nodes.filter((_, i) => Math.floor(i / inner) % channels === channel);
      const whole = Array.from({ length: channels }, (_, channel) => {
        const xs = samples(channel), running = statistics[channel]!;
        const scale = 1 / Math.sqrt(running + 1e-5);
        const standard = training
          ? standardised(tape, xs, 1e-5)
          : xs.map((node) => tape.affine(node, scale, -running * scale));
        return standard.map((node) => tape.add(tape.multiply(node, weight!.nodes[channel]!), bias!.nodes[channel]!));
      });
      const next = whole.map(() => 0);
      return elementwise(x!, (_, i) => {
        const channel = Math.floor(i / inner) % channels;
        return whole[channel]![next[channel]!++]!;
      });
    },
    safe: ([x]) =>
      !training ||
      Array.from({ length: channels }, (_, channel) =>
        x!.filter((_, i) => Math.floor(i / inner) % channels === channel))
        .every((values) =>
          vary(values, values.length)
        ),
  };
}

function attention(dice: Dice, [batch, heads, queries, size]: readonly number[]): Call {
  const keys = dice.pick([0, 1, 2, 3, 9]), kv = [batch!, heads!, keys, size!];
  return {
    text: `attention ${JSON.stringify({ keys })}`,
    others: [kv, kv],
    run: ([q, k, v]) => M.scaledDotProductAttention({ q: q!, k: k!, v: v! }),
    reference: ([q, k, v], tape) => {
      const scores = product(tape, q!, k!, { transposeB: true }), scale = 1 / Math.sqrt(size!);
      const shares = byRows(scores, (row) => tape.softmax(row.map((node) => tape.affine(node, scale))));
      return product(tape, { ...shares, shape: [batch!, heads!, queries!, keys] }, v!);
    },
  };
}

/** Functions of rows and of matrices. */
export const rowCalls: readonly Chooser[] = [
  (shape, dice) => shape.length === 0 ? null : linear(dice, shape),
  (shape, dice) => shape.length < 2 ? null : matmul(dice, shape),
  (shape, dice) => shape.length === 0 || last(shape) > 8 ? null : bilinear(dice, shape),
  (shape) =>
    shape.length === 0 ? null : {
      text: "layer_norm",
      others: [[last(shape)], [last(shape)]],
      run: ([x, weight, bias]) => M.layerNorm({ x: x!, weight: weight!, bias: bias! }),
      reference: ([x, weight, bias], tape) => {
        const standard = byRows(x!, (row) => standardised(tape, row, 1e-5));
        return broadcast(broadcast(standard, weight!, (a, b) => tape.multiply(a, b)), bias!, (a, b) => tape.add(a, b));
      },
      safe: ([x]) => vary(x!, last(shape)),
    },
  (shape, dice) => shape.length !== 2 && shape.length !== 3 ? null : batchNorm(dice, shape),
  (shape) =>
    shape.length === 0 ? null : {
      text: "normalize",
      others: [],
      run: ([x]) => M.normalize({ x: x! }, { scale: 3 }),
      reference: ([x], tape) => byRows(x!, (row) => normalized(tape, row, 3)),
      safe: ([x]) => long(x!, last(shape)),
    },
  pairs("cosine_similarity", M.cosineSimilarity, cosine, bothLong),
  pairs("euclidean_distance", M.euclideanDistance, distance, farPaired),
  pairs("squared_distance", (rows) => M.euclideanDistance(rows, { squared: true }), squaredDistance),
  allPairs("pairwise_cosine", M.pairwiseCosineSimilarity, cosine, bothLong),
  allPairs("pairwise_distance", M.pairwiseEuclideanDistance, distance, farApart),
  allPairs("pairwise_squared", (rows) => M.pairwiseEuclideanDistance(rows, { squared: true }), squaredDistance),
  (shape, dice) => {
    if (shape.length !== 2) return null;
    const d = last(shape), diagonal = dice.chance(0.5), n = dice.size();
    return {
      text: `pairwise_mahalanobis ${JSON.stringify({ diagonal, n })}`,
      others: [[n, d], diagonal ? [d] : [d, d]],
      run: ([x, y, m]) => M.pairwiseMahalanobisSquared({ x: x!, y: y!, m: m! }),
      reference: ([x, y, m], tape) => {
        const [left, right] = [rowsOf(x!), rowsOf(y!)];
        return build([left.length, right.length], ([i, j]) => {
          const row = differences(tape, left[i!]!, right[j!]!);
          const through = row.map((node, a) =>
            diagonal ? tape.multiply(node, m!.nodes[a]!) : tape.dot(row.map((_, b) => at(m!, [a, b])), row)
          );
          return tape.dot(row, through);
        });
      },
    };
  },
  (shape) =>
    shape.length === 0 ? null : {
      text: "l21_norm",
      others: [],
      run: ([x]) => M.l21Norm({ x: x! }),
      reference: ([x], tape) => ({
        shape: [],
        nodes: [tape.sum(rowsOf(x!).map((row) => tape.sqrt(tape.dot(row, row))))],
      }),
      safe: ([x]) => long(x!, last(shape)),
    },
  (shape) =>
    shape.length === 0 ? null : {
      text: "expected_score",
      others: [],
      run: ([x]) => M.expectedScore({ probabilities: x! }),
      reference: ([x], tape) => perRow(x!, (row) => tape.sum(row.map((node, k) => tape.affine(node, k)))),
    },
  (shape, dice) => shape.length !== 4 ? null : attention(dice, shape),
];
