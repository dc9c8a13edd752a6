import { linear, type LinearOptions } from "../ops/linear.ts";
import { Parameter } from "../parameter.ts";
import type { Tensor } from "../tensor.ts";
import { uniform } from "./init.ts";
import { Module, type ModuleOptions } from "./module.ts";

/** y = x Wᵀ + b, with PyTorch's layout and initialisation: all uniform on ±1/√in. */
export class Linear extends Module {
  /** [out, in] */
  readonly weight: Parameter;
  /** [out], if the layer has one. */
  readonly bias: Parameter | null;

  /**
   * Draws the first values.
   *
   * @param options.bias false for a layer without one
   */
  constructor(
    { engine, random }: ModuleOptions,
    inFeatures: number,
    outFeatures: number,
    { bias = true }: { bias?: boolean } = {},
  ) {
    super();
    const bound = 1 / Math.sqrt(inFeatures);
    this.weight = new Parameter(engine, [outFeatures, inFeatures], uniform(random, outFeatures * inFeatures, bound));
    this.bias = bias ? new Parameter(engine, [outFeatures], uniform(random, outFeatures, bound)) : null;
  }

  /** `x` [..., in] → [..., out]; with `relu` or `gelu` that runs in the same pass. */
  forward(x: Tensor, options: LinearOptions = {}): Tensor {
    return linear({ x, weight: this.weight, bias: this.bias ?? undefined }, options);
  }
}
