import { Buffer } from "../../engine/tensors/buffer.ts";
import { Module, type ModuleOptions } from "../../engine/nn/module.ts";
import { add } from "../../engine/ops/arithmetic.ts";
import { matmul } from "../../engine/ops/matmul.ts";
import { reshape } from "../../engine/ops/reshape.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { Ridge } from "../classical/ridge.ts";
import { AttentionRefiner, type AttentionRefinerSizes } from "./network.ts";

/** An `AttentionRefiner`, and the ridge regression that reads scores from what it gives: fitted, not learnt. */
export class RefinedRidge extends Module {
  /** Learnt by triplets. */
  readonly refiner: AttentionRefiner;
  /** [width, 1] */
  readonly coef: Buffer;
  /** [1] */
  readonly intercept: Buffer;

  /** Draws the refiner's first values; the regression gives 0 at first. */
  constructor(options: ModuleOptions, sizes: AttentionRefinerSizes) {
    super();
    const { engine } = options;
    this.refiner = new AttentionRefiner(options, sizes);
    this.coef = new Buffer(engine, [sizes.width, 1], new Float32Array(sizes.width), "ridge coefficients");
    this.intercept = new Buffer(engine, [1], new Float32Array(1), "ridge intercept");
  }

  /** Takes over a fitted regression. */
  assign({ coef, intercept }: Ridge): void {
    this.coef.engine.write(this.coef, Float32Array.from(coef));
    this.intercept.engine.write(this.intercept, Float32Array.of(intercept));
  }

  /** Scores of refined embeddings [batch, width] → [batch]. */
  score(refined: Tensor): Tensor {
    const score = add({ a: matmul({ a: refined, b: this.coef }), b: this.intercept });
    return reshape({ x: score }, { shape: [refined.shape[0]!] });
  }
}
