import * as M from "../../engine/mod.ts";
import type { Shape } from "../../engine/tensors/storage.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { type Chooser, type Dice, lengthOf, matrixRows } from "./call.ts";
import { count, elementwise, normalized, perRow, reduceLosses, type Reference, rowsOf } from "./reference.ts";
import type { Node, Tape } from "./tape.ts";

interface Settings {
  readonly reduction: "none" | "mean" | "sum";
  readonly weights: readonly number[] | null;
}

/** How the losses of so many samples are put together. */
function settings(dice: Dice, samples: number): Settings {
  // The mean over none is NaN.
  const reduction = dice.pick(samples > 0 ? ["none", "mean", "sum"] as const : ["none", "sum"] as const);
  return { reduction, weights: dice.chance(0.4) ? numbers(dice, samples).map(Math.abs) : null };
}

const numbers = (dice: Dice, length: number) => Array.from({ length }, () => Math.fround(dice.number()));

/** Losses of each element against a constant target. */
function pointwise(
  name: string,
  run: (inputs: M.LossInputs, settings: M.LossSettings) => Tensor,
  f: (tape: Tape, difference: Node) => Node,
  kink: number,
): Chooser {
  return (shape, dice) => {
    const target = numbers(dice, count(shape)), { reduction, weights } = settings(dice, target.length);
    return {
      text: `${name} ${JSON.stringify({ target, reduction, weights })}`,
      others: [],
      run: ([prediction], engine) => {
        const weight = weights ? engine.tensor(shape, weights) : undefined;
        return run({ prediction: prediction!, target: engine.tensor(shape, target), weight }, { reduction });
      },
      reference: ([x], tape) =>
        reduceLosses(
          tape,
          elementwise(x!, (node, i) => f(tape, tape.affine(node, 1, -target[i]!))),
          reduction,
          weights,
        ),
      safe: ([x]) => x!.every((value, i) => Math.abs(Math.abs(value - target[i]!) - kink) > 1e-3),
    };
  };
}

/** Losses of rows of logits and classes. */
function classLoss(
  name: string,
  run: (inputs: M.ClassLossInputs, settings: M.LossSettings) => Tensor,
  f: (tape: Tape, row: readonly Node[], target: number) => Node,
): Chooser {
  return (shape, dice) => {
    const classes = shape.at(-1), rows = shape.slice(0, -1);
    if (!classes) return null;
    const target = dice.indices(count(rows), classes), { reduction, weights } = settings(dice, target.length);
    return {
      text: `${name} ${JSON.stringify({ target, reduction, weights })}`,
      others: [],
      run: ([logits], engine) => {
        const weight = weights ? engine.tensor(rows, weights) : undefined;
        return run({ logits: logits!, target: engine.indices(rows, target), weight }, { reduction });
      },
      reference: ([x], tape) =>
        reduceLosses(tape, perRow(x!, (row, i) => f(tape, row, target[i]!)), reduction, weights),
    };
  };
}

const entropy = (tape: Tape, row: readonly Node[], target: number) => tape.subtract(tape.logSumExp(row), row[target]!);

/** Losses of rows against other rows. */
function rowLoss(
  name: string,
  others: (shape: Shape) => Shape[],
  run: (inputs: readonly Tensor[], settings: M.LossSettings & { weight: Tensor | undefined; target: Tensor }) => Tensor,
  f: (tape: Tape, rows: readonly (readonly Node[])[], sign: number) => Node,
  safe: (rows: readonly (readonly number[])[], sign: number) => boolean,
): Chooser {
  return (shape, dice) => {
    if (shape.length === 0) return null;
    const outside = shape.slice(0, -1), columns = shape.at(-1)!, samples = count(outside);
    const { reduction, weights } = settings(dice, samples);
    const signs = Array.from({ length: samples }, () => dice.chance(0.5) ? 1 : -1);
    return {
      text: `${name} ${JSON.stringify({ signs, reduction, weights })}`,
      others: others(shape),
      run: (inputs, engine) => {
        const weight = weights ? engine.tensor(outside, weights) : undefined;
        return run(inputs, { reduction, weight, target: engine.tensor(outside, signs) });
      },
      reference: (inputs: readonly Reference[], tape) => {
        const all = inputs.map(rowsOf);
        const losses = perRow(inputs[0]!, (_, i) => f(tape, all.map((rows) => rows[i]!), signs[i]!));
        return reduceLosses(tape, losses, reduction, weights);
      },
      safe: (values) => {
        const all = values.map((one) => matrixRows(one, columns));
        return signs.every((sign, i) => columns === 0 || safe(all.map((rows) => rows[i]!), sign));
      },
    };
  };
}

const distance = (tape: Tape, x: readonly Node[], y: readonly Node[]) => {
  const row = x.map((a, i) => tape.subtract(a, y[i]!));
  return tape.sqrt(tape.dot(row, row));
};
const lengthBetween = (x: readonly number[], y: readonly number[]) => lengthOf(x.map((value, i) => value - y[i]!));
const cosine = (tape: Tape, x: readonly Node[], y: readonly Node[]) =>
  tape.dot(normalized(tape, x), normalized(tape, y));
const cosineOf = (x: readonly number[], y: readonly number[]) =>
  x.reduce((sum, value, i) => sum + value * y[i]!, 0) / (lengthOf(x) * lengthOf(y));
const long = (rows: readonly (readonly number[])[]) => rows.every((row) => lengthOf(row) > 0.1);
const offZero = (x: number) => Math.abs(x) > 1e-3;

/** Losses. */
export const lossCalls: readonly Chooser[] = [
  pointwise("mse_loss", M.mseLoss, (tape, d) => tape.square(d), -1),
  pointwise("l1_loss", M.l1Loss, (tape, d) => tape.map(d, Math.abs, Math.sign), 0),
  pointwise(
    "huber_loss",
    M.huberLoss,
    (tape, d) =>
      tape.map(d, (v) => Math.abs(v) <= 1 ? v * v / 2 : Math.abs(v) - 0.5, (v) => Math.abs(v) <= 1 ? v : Math.sign(v)),
    -1,
  ),
  classLoss("cross_entropy_loss", M.crossEntropyLoss, entropy),
  classLoss("focal_loss", M.focalLoss, (tape, row, target) => {
    const ce = entropy(tape, row, target), missed = tape.map(ce, (v) => -Math.expm1(-v), (v) => Math.exp(-v));
    return tape.multiply(tape.square(missed), ce);
  }),
  classLoss("ordinal_loss", M.ordinalLoss, (tape, row, target) => {
    const { value, derivative } = {
      value: (v: number) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))),
      derivative: (v: number) => 1 / (1 + Math.exp(-v)),
    };
    return tape.sum(
      row.map((z, k) => tape.map(tape.affine(z, k >= target ? -1 : 1), value, derivative)),
      1 / row.length,
    );
  }),
  rowLoss(
    "triplet_margin_loss",
    (shape) => [shape, shape],
    ([anchor, positive, negative], { reduction = "mean", weight }) =>
      M.tripletMarginLoss({ anchor: anchor!, positive: positive!, negative: negative!, weight }, { reduction }),
    (tape, [a, p, n]) =>
      tape.atLeast(tape.affine(tape.subtract(distance(tape, a!, p!), distance(tape, a!, n!)), 1, 1), 0),
    ([a, p, n]) => {
      const [near, far] = [lengthBetween(a!, p!), lengthBetween(a!, n!)];
      return near > 0.05 && far > 0.05 && offZero(near - far + 1);
    },
  ),
  rowLoss(
    "contrastive_loss",
    (shape) => [shape],
    ([x, y], { reduction = "mean", weight, target }) =>
      M.contrastiveLoss({ x: x!, y: y!, target, weight }, { reduction }),
    (tape, [x, y], sign) => {
      const d = tape.affine(cosine(tape, x!, y!), -1, 1);
      return tape.affine(tape.square(sign > 0 ? d : tape.atLeast(tape.affine(d, -1, 0.5), 0)), 0.5);
    },
    (rows) => long(rows),
  ),
  rowLoss(
    "cosine_embedding_loss",
    (shape) => [shape],
    ([x, y], { reduction = "mean", weight, target }) =>
      M.cosineEmbeddingLoss({ x: x!, y: y!, target, weight }, { reduction }),
    (tape, [x, y], sign) => {
      const similarity = cosine(tape, x!, y!);
      return sign > 0 ? tape.affine(similarity, -1, 1) : tape.atLeast(similarity, 0);
    },
    (rows) => long(rows) && offZero(cosineOf(rows[0]!, rows[1]!)),
  ),
];
