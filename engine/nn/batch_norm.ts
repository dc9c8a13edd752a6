import { Buffer } from "../tensors/buffer.ts";
import { batchNorm } from "../ops/batch_norm.ts";
import { Parameter } from "../tensors/parameter.ts";
import { expectSizes } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { Module, type ModuleOptions } from "./module.ts";

/** Settings of `BatchNorm1d`; the names and defaults are PyTorch's. */
export interface BatchNormSettings {
  /** Added to the variance; 1e-5 by default. */
  readonly eps?: number;
  /** Share of a batch in the running statistics; 0.1 by default. */
  readonly momentum?: number;
}

/**
 * Batch normalisation of each channel, with a learned scale (1 at first) and shift (0 at first): by the statistics of the
 * batch while training, by the running ones else. The state dict holds the running statistics under PyTorch's names.
 */
export class BatchNorm1d extends Module {
  /** Scale, [channels]. */
  readonly weight: Parameter;
  /** Shift, [channels]. */
  readonly bias: Parameter;
  /** Running mean, [channels]; 0 at first. */
  readonly running_mean: Buffer;
  /** Running variance, [channels]; 1 at first. */
  readonly running_var: Buffer;
  readonly #settings: BatchNormSettings;

  /** Makes a layer for so many channels. */
  constructor({ engine }: Pick<ModuleOptions, "engine">, channels: number, settings: BatchNormSettings = {}) {
    super();
    expectSizes("BatchNorm1d", [channels]);
    const zeros = new Float32Array(channels), ones = new Float32Array(channels).fill(1);
    this.weight = new Parameter(engine, [channels], ones);
    this.bias = new Parameter(engine, [channels], zeros);
    this.running_mean = new Buffer(engine, [channels], zeros);
    this.running_var = new Buffer(engine, [channels], ones);
    this.#settings = settings;
  }

  /** `x` [batch, channels] or [batch, channels, length] → the same shape; with `relu`, and `dropout` after it, in the same pass. */
  forward(x: Tensor, { relu = false, dropout = 0 }: { relu?: boolean; dropout?: number } = {}): Tensor {
    const { weight, bias, running_mean: runningMean, running_var: runningVar, training } = this;
    return batchNorm(
      { x, weight, bias, runningMean, runningVar },
      { ...this.#settings, training, relu, dropout: training ? dropout : 0 },
    );
  }
}
