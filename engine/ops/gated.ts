import { ShapeError } from "../../kernels/errors.ts";
import { gated as launch, gatedBackward, type GateFunction, gateFunctions } from "../../kernels/gated/gated.ts";
import { type Op, op } from "../autograd.ts";
import { lastAxis, shapeText } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** Options of `gated`. */
export interface GatedSettings {
  /** What the gate is passed through. */
  readonly activation: GateFunction;
}

/**
 * Gated linear unit without its projections: y = f(gate) value, with the gate in the first half of each row of x and the
 * value in the second.
 *
 * `x` [..., 2 columns] → [..., columns].
 *
 * @throws ShapeError when the last axis of x is odd
 * @see Shazeer, "GLU variants improve transformer" (2020)
 */
export const gated: Op<{ readonly x: Tensor }, GatedSettings> = op("gated", {
  settings: { activation: gateFunctions },
  forward({ x }: { readonly x: Tensor }, { activation }: GatedSettings) {
    const sizes = halves(x), y = x.engine.empty([...x.shape.slice(0, -1), sizes.columns]);
    launch(x.engine.stream, activation, { x: x.slice, y: y.slice, ...sizes });
    return y;
  },
  backward: ({ inputs: { x }, options: { activation } }, dy) => ({
    x() {
      const dx = x.engine.empty(x.shape);
      gatedBackward(x.engine.stream, activation, { x: x.slice, dy: dy.slice, dx: dx.slice, ...halves(x) });
      return dx;
    },
  }),
});

function halves(x: Tensor): { rows: number; columns: number } {
  const { rows, columns } = lastAxis(x);
  if (x.shape.length > 0 && columns % 2 === 0) return { rows, columns: columns / 2 };
  throw new ShapeError(`gated: x is ${shapeText(x.shape)}, but rows of a gate and a value of one length are expected.`);
}
