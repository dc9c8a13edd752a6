import { dropout as launch, maskedDropout as launchMasked } from "../../kernels/dropout/dropout.ts";
import type { Draw } from "../../kernels/random/draw.ts";
import { op } from "../autograd.ts";
import { expectShape } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Sets each element to 0 with probability `p` and divides the rest by 1 - p. The mask is drawn from the engine's random
 * source and drawn again on the way back, never stored.
 */
export const dropout = op("dropout", {
  forward({ x }: { x: Tensor }, { p }: { p: number }, save: (draw: Draw) => void) {
    const draw = x.engine.random.next();
    save(draw);
    return apply(x, p, draw);
  },
  backward: ({ options: { p }, saved: draw }, dy) => ({ x: () => apply(dy, p, draw) }),
});

/** y = x mask / (1 - p) with a given mask of 0 and 1 (u32) in the shape of x. */
export const maskedDropout = op("masked_dropout", {
  forward({ x, mask }: { x: Tensor; mask: Tensor }, { p }: { p: number }) {
    expectShape("masked_dropout", "mask", mask, x.shape);
    return applyMask(x, mask, p);
  },
  backward: ({ inputs: { mask }, options: { p } }, dy) => ({ x: () => applyMask(dy, mask, p) }),
});

function apply(x: Tensor, probability: number, draw: Draw): Tensor {
  const y = x.engine.empty(x.shape);
  launch(x.engine.stream, { x: x.slice, y: y.slice, count: x.size, probability, draw });
  return y;
}

function applyMask(x: Tensor, mask: Tensor, probability: number): Tensor {
  const y = x.engine.empty(x.shape);
  launchMasked(x.engine.stream, { x: x.slice, mask: mask.slice, y: y.slice, count: x.size, probability });
  return y;
}
