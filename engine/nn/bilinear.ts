import { bilinear } from "../ops/bilinear.ts";
import { Parameter } from "../tensors/parameter.ts";
import { expectSizes } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { fanInBound, uniform, uniformOnDevice } from "./init.ts";
import { Module, type ModuleOptions } from "./module.ts";

/**
 * y_o = x1ᵀ W_o x2 + b_o, with PyTorch's layout and initialisation: all uniform on ±1/√in1.
 *
 * The weight may be larger than one binding of the device: it then lies in several buffers. Its gradient is kept as
 * factors, and an optimiser multiplies them out a tile at a time. With in1 = in2 = out = 768 and Adam that takes 5.4 GB
 * (weight and two moments of 1.81 GB each); `BilinearLowRank` has thousands of times fewer parameters.
 */
export class Bilinear extends Module {
  /** [out, in1, in2] */
  readonly weight: Parameter;
  /** [out], if the layer has one. */
  readonly bias: Parameter | null;

  /**
   * Draws the first values, the weight's on the device.
   *
   * @param options.bias false for a layer without one
   * @throws ShapeError when the weight of one output alone is larger than the device binds
   */
  constructor(
    { engine, random }: ModuleOptions,
    in1: number,
    in2: number,
    out: number,
    { bias = true }: { bias?: boolean } = {},
  ) {
    super();
    expectSizes("Bilinear", [out, in1, in2]);
    const bound = fanInBound(in1), shape = [out, in1, in2];
    const values = uniformOnDevice({ engine, random }, shape, bound);
    this.weight = new Parameter(engine, shape, values, "weight", { factored: true });
    this.bias = bias ? new Parameter(engine, [out], uniform(random, out, bound)) : null;
  }

  /** `x1` [..., in1], `x2` [..., in2] → [..., out]. */
  forward(x1: Tensor, x2: Tensor): Tensor {
    return bilinear({ x1, x2, weight: this.weight, bias: this.bias ?? undefined });
  }
}
