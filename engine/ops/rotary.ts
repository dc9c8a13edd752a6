import { ShapeError } from "../../kernels/errors.ts";
import { rotary as launch } from "../../kernels/rotary/rotary.ts";
import { type Op, op } from "../autograd.ts";
import { shapeText } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** Inputs of `rotary`. */
export interface RotaryInputs {
  /** Heads side by side, [batch, tokens, columns]. */
  readonly x: Tensor;
  /** Cosines and sines of each position's angles, [tokens, 2, pairs]; no gradient goes there. */
  readonly table: Tensor;
}

/** Options of `rotary`. */
export interface RotarySettings {
  /** Heads that are turned, from the first on; the others are copied. */
  readonly heads: number;
  /** Width of a head: its first `pairs` numbers and as many that follow are turned, the others copied. */
  readonly headSize: number;
}

/**
 * Rotary positions: (a, b) → (a cos - b sin, b cos + a sin) for the pairs of numbers d and d + pairs of each head, with the
 * angle of pair d at the token's position.
 *
 * `x` [batch, tokens, columns] → the shape of x.
 *
 * @throws ShapeError when the heads, the table and x do not fit together
 * @see Su et al., "RoFormer: enhanced transformer with rotary position embedding" (2021)
 */
export const rotary: Op<RotaryInputs, RotarySettings> = op("rotary", {
  settings: { heads: { from: 1, whole: true }, headSize: { from: 1, whole: true } },
  forward: (inputs: RotaryInputs, settings: RotarySettings) => turned(inputs, settings, inputs.x, false),
  backward: ({ inputs, options }, dy) => ({ x: () => turned(inputs, options, dy, true) }),
});

function turned({ x, table }: RotaryInputs, { heads, headSize }: RotarySettings, from: Tensor, back: boolean): Tensor {
  const [batch, tokens, columns] = x.shape, [positions, two, half] = table.shape;
  const fits = x.shape.length === 3 && table.shape.length === 3 && positions === tokens && two === 2 &&
    2 * half! <= headSize && columns! % headSize === 0 && heads * headSize <= columns!;
  if (!fits) {
    const found = `x is ${shapeText(x.shape)} and the table ${shapeText(table.shape)}`;
    throw new ShapeError(`rotary: ${found}, which ${heads} heads of ${headSize} do not fit.`);
  }
  const y = x.engine.empty(x.shape);
  launch(x.engine.stream, {
    ...{ x: from.slice, table: table.slice, y: y.slice, rows: batch! * tokens!, columns: columns! },
    ...{ tokens: tokens!, heads, headSize, half: half!, back },
  });
  return y;
}
