import { add } from "../ops/arithmetic.ts";
import { half } from "../ops/half.ts";
import { linear, type LinearOptions } from "../ops/linear.ts";
import { Parameter } from "../tensors/parameter.ts";
import { elementCount, expectSizes } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { fanInBound, uniform } from "./init.ts";
import type { LowRankAdapter } from "./low_rank_adapter.ts";
import { Module, type ModuleOptions } from "./module.ts";

/** y = x Wᵀ + b, with PyTorch's layout and initialisation: all uniform on ±1/√in. */
export class Linear extends Module {
  /** [out, in] */
  readonly weight: Parameter;
  /** [out], if the layer has one. */
  readonly bias: Parameter | null;
  /** What the operands of the product are rounded to; "f16" asks for a device with `shader-f16`. Sums are f32 in any case. */
  operands: "f32" | "f16" = "f32";
  /** A change of the weight that is trained in its place; null for none. */
  adapter: LowRankAdapter | null = null;

  /**
   * Draws the first values.
   *
   * @param options.bias false for a layer without one
   * @param options.draw false to leave the values as the memory is: they are loaded next
   */
  constructor(
    { engine, random }: ModuleOptions,
    inFeatures: number,
    outFeatures: number,
    { bias = true, draw = true }: { bias?: boolean; draw?: boolean } = {},
  ) {
    super();
    expectSizes("Linear", [outFeatures, inFeatures]);
    const bound = fanInBound(inFeatures);
    const make = (...shape: number[]) =>
      new Parameter(
        engine,
        shape,
        draw ? uniform(random, elementCount(shape), bound) : engine.allocateFor(shape, "parameter"),
      );
    this.weight = make(outFeatures, inFeatures);
    this.bias = bias ? make(outFeatures) : null;
  }

  /** The weight with the change that is trained. */
  get adapted(): Tensor {
    return this.adapter ? add({ a: this.weight, b: this.adapter.change() }) : this.weight;
  }

  /** Puts the change into the weight, and frees what it was made of. */
  merge(): void {
    const { adapter, weight } = this, { engine } = weight;
    if (!adapter) return;
    engine.scope(() => engine.noGrad(() => engine.copyInto(weight, this.adapted)));
    this.adapter = null;
    adapter.dispose();
  }

  /** `x` [..., in] → [..., out]; with `relu` or `gelu` that runs in the same pass. */
  forward(x: Tensor, options: LinearOptions = {}): Tensor {
    const { adapted: weight, bias, operands } = this;
    return linear({ x: asOperand(x, operands), weight: asOperand(weight, operands), bias: bias ?? undefined }, options);
  }
}

/** A tensor of f32 as an operand of a product. */
export function asOperand(x: Tensor, operands: Linear["operands"]): Tensor {
  return operands === "f16" ? half({ x }) : x;
}
