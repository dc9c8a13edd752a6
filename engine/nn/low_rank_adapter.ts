import { Parameter } from "../tensors/parameter.ts";
import { expectSizes } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { uniform } from "./init.ts";
import { Module, type ModuleOptions } from "./module.ts";

/** Factor on the change; alpha = 2 rank in the paper's words. */
const scale = 2;

/**
 * A change of a weight that has a low rank: 2 U D, of which U is 0 at first and D uniform on ±1/√in.
 *
 * @see Hu et al., "LoRA: low-rank adaptation of large language models" (2022)
 */
export class LowRankAdapter extends Module {
  /** [out, rank] */
  readonly up: Parameter;
  /** [rank, in] */
  readonly down: Parameter;

  /** Draws the first values. */
  constructor({ engine, random }: ModuleOptions, [out, width]: readonly [out: number, width: number], rank: number) {
    super();
    expectSizes("LowRankAdapter", [out, rank, width]);
    this.up = new Parameter(engine, [out, rank], new Float32Array(out * rank));
    this.down = new Parameter(engine, [rank, width], uniform(random, rank * width, 1 / Math.sqrt(width)));
  }

  /** What is added to the weight, [out, in]. */
  change(): Tensor {
    const { up, down } = this;
    return up.matmul(down).mul(scale);
  }
}
