import { rmsNorm } from "../ops/rms_norm.ts";
import { Parameter } from "../tensors/parameter.ts";
import { expectSizes } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { Module, type ModuleOptions } from "./module.ts";

/** Root-mean-square normalisation over the last axis, with a learned scale (1 at first). */
export class RmsNorm extends Module {
  /** Scale less `shift`, [columns]. */
  readonly weight: Parameter;

  /** Makes a layer for rows of `columns`; `eps` is added to the mean of squares, `shift` to the weight. */
  constructor(
    { engine }: Pick<ModuleOptions, "engine">,
    columns: number,
    readonly eps = 1e-6,
    readonly shift = 0,
  ) {
    super();
    expectSizes("RmsNorm", [columns]);
    this.weight = new Parameter(engine, [columns], new Float32Array(columns).fill(1 - shift));
  }

  /** `x` [..., columns] → the same shape. */
  forward(x: Tensor): Tensor {
    const { weight, eps, shift } = this;
    return rmsNorm({ x, weight }, { eps, shift });
  }
}
