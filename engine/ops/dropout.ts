import { dropout as launch, maskedDropout as launchMasked } from "../../kernels/dropout/dropout.ts";
import type { Draw } from "../../kernels/random/draw.ts";
import { type Op, op } from "../autograd.ts";
import { expectShape } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";
import type { SettingRule } from "../../kernels/settings.ts";

/** What the probability of a dropout may be. */
export const probability: SettingRule = { from: 0, below: 1 };

/** Options of dropouts. */
export interface DropoutOptions {
  /** Probability that an element is dropped, in [0, 1). */
  readonly p: number;
}

/**
 * Sets each element to 0 with probability `p` and divides the rest by 1 - p. The mask is drawn from the engine's random
 * source and drawn again in the backward pass, never stored.
 */
export const dropout: Op<{ readonly x: Tensor }, DropoutOptions> = op("dropout", {
  settings: { p: probability },
  forward({ x }: { readonly x: Tensor }, { p }: DropoutOptions, save: (draw: Draw) => void) {
    const draw = x.engine.random.next();
    save(draw);
    return apply(x, p, draw);
  },
  backward: ({ options: { p }, saved: draw }, dy) => ({ x: () => apply(dy, p, draw) }),
});

/** Inputs of `maskedDropout`. */
export interface MaskedDropoutInputs {
  /** Any shape. */
  readonly x: Tensor;
  /** 1 where an element is kept, else 0 (u32), in the shape of x. */
  readonly mask: Tensor;
}

/** y = x mask / (1 - p) with a given mask of 0 and 1 (u32) in the shape of x. */
export const maskedDropout: Op<MaskedDropoutInputs, DropoutOptions> = op("masked_dropout", {
  u32: ["mask"],
  settings: { p: probability },
  forward({ x, mask }: MaskedDropoutInputs, { p }: DropoutOptions) {
    expectShape("masked_dropout", "mask", mask, x.shape);
    return applyMask(x, mask, p);
  },
  backward: ({ inputs: { mask }, options: { p } }, dy) => ({ x: () => applyMask(dy, mask, p) }),
});

function apply(x: Tensor, p: number, draw: Draw): Tensor {
  const y = x.engine.empty(x.shape);
  launch(x.engine.stream, { x: x.slice, y: y.slice, count: x.size, probability: p, draw });
  return y;
}

function applyMask(x: Tensor, mask: Tensor, p: number): Tensor {
  const y = x.engine.empty(x.shape);
  launchMasked(x.engine.stream, { x: x.slice, mask: mask.slice, y: y.slice, count: x.size, probability: p });
  return y;
}
