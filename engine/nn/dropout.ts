import { expectSettings } from "../../kernels/settings.ts";
import { dropout, probability } from "../ops/dropout.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { Module } from "./module.ts";

/** While training, sets each element to 0 with probability p and scales the rest by 1 / (1 - p). */
export class Dropout extends Module {
  /**
   * Drops with probability `p`.
   *
   * @throws UsageError when p is not in [0, 1)
   */
  constructor(
    /** Probability that an element is dropped. */
    readonly p: number,
  ) {
    super();
    expectSettings("Dropout", { p }, { p: probability });
  }

  /** `x` of any shape → the same shape. */
  forward(x: Tensor): Tensor {
    return this.training && this.p > 0 ? dropout({ x }, { p: this.p }) : x;
  }
}
