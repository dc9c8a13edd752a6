import { layerNorm } from "../ops/layer_norm.ts";
import { Parameter } from "../tensors/parameter.ts";
import { expectSizes } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { Module, type ModuleOptions } from "./module.ts";

/** Layer normalisation over the last axis, with a learned scale (1 at first) and shift (0 at first). */
export class LayerNorm extends Module {
  /** Scale, [columns]. */
  readonly weight: Parameter;
  /** Shift, [columns]. */
  readonly bias: Parameter;

  /** Makes a layer for rows of `columns`; `eps` is added to the variance. */
  constructor({ engine }: Pick<ModuleOptions, "engine">, columns: number, readonly eps = 1e-5) {
    super();
    expectSizes("LayerNorm", [columns]);
    this.weight = new Parameter(engine, [columns], new Float32Array(columns).fill(1));
    this.bias = new Parameter(engine, [columns], new Float32Array(columns));
  }

  /** `x` [..., columns] → the same shape; with `relu`, and `dropout` after it, in the same pass. */
  forward(x: Tensor, { relu = false, dropout = 0 }: { relu?: boolean; dropout?: number } = {}): Tensor {
    const { weight, bias, eps } = this;
    return layerNorm({ x, weight, bias }, { eps, relu, dropout: this.training ? dropout : 0 });
  }
}
