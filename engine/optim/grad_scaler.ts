import { type BufferSlice, part } from "../../kernels/launcher.ts";
import { lossScaleBytes, type LossScaleSettings, unscaleGradient } from "../../kernels/optimizer/loss_scale.ts";
import { Storage } from "../tensors/storage.ts";
import { Tensor, type TensorEngine } from "../tensors/tensor.ts";
import { expectNames, expectSettings } from "../../kernels/settings.ts";

/** Where a scaler stands, as a checkpoint keeps it. */
export interface GradScalerState {
  /** What the loss is multiplied by. */
  readonly scale: number;
  /** Steps since it last changed, all of them good. */
  readonly goodSteps: number;
  /** Steps that were skipped since the start. */
  readonly skippedSteps: number;
}

/** Settings of `GradScaler`; the names and defaults are PyTorch's. */
export interface GradScalerOptions extends LossScaleSettings {
  /** Scale at first; 65536 by default. */
  readonly initScale?: number;
}

/**
 * Multiplies losses so that small gradients stay above the smallest f16. A step whose gradient overflows is skipped and
 * halves the scale; 2000 good steps double it. All of that happens on the GPU: nobody waits for it.
 *
 * @see Micikevicius et al., "Mixed precision training" (2018), section 3.2
 *
 * @example
 * const loss = engine.autocast(() => mseLoss({ prediction: network.forward(x), target }));
 * optimizer.zeroGrad();
 * backward(loss, scaler.upstream(loss));
 * optimizer.clipGradNorm(1, scaler);
 * optimizer.step();
 */
export class GradScaler implements Disposable {
  readonly #engine: TensorEngine;
  readonly #settings: LossScaleSettings;
  /** [3]: scale, good steps, skipped steps. */
  readonly #state: Tensor;
  readonly #scale: Tensor;

  /** Starts at the first scale. @throws UsageError naming a setting that is NaN or out of its range */
  constructor(engine: TensorEngine, { initScale = 65536, ...settings }: GradScalerOptions = {}) {
    expectNames("GradScaler", settings, ["initScale", "growthFactor", "backoffFactor", "growthInterval"]);
    expectSettings("GradScaler", { initScale, ...settings }, {
      initScale: { above: 0 },
      growthFactor: { above: 1 },
      backoffFactor: { above: 0, below: 1 },
      growthInterval: { from: 1, whole: true },
    });
    this.#engine = engine;
    this.#settings = settings;
    this.#state = new Tensor(engine, [3], engine.allocate(lossScaleBytes, "loss scale"), "f32", "loss scale");
    this.#scale = new Tensor(engine, [], new Storage(part(this.#state.slice, 0, 1), null), "f32", "loss scale");
    this.load({ scale: initScale, goodSteps: 0, skippedSteps: 0 });
  }

  /** What `backward` starts from instead of 1: the scale, in the shape of the loss. */
  upstream(loss: Tensor): Tensor {
    return this.#scale.detach(loss.shape);
  }

  /** Turns the status of a scaled gradient into that of the loss's, and moves the scale on. `clipGradNorm` calls it. */
  unscale(status: BufferSlice, maxNorm: number): void {
    unscaleGradient(this.#engine.stream, { ...this.#settings, status, lossScale: this.#state.slice, maxNorm });
  }

  /** [3]: where it stands after the work recorded so far, to be read back and given to `GradScaler.stateOf`. */
  get state(): Tensor {
    return this.#engine.copy(this.#state);
  }

  /** Takes apart what was read back of `state`. */
  static stateOf([scale, goodSteps, skippedSteps]: Float32Array): GradScalerState {
    return { scale: scale!, goodSteps: goodSteps!, skippedSteps: skippedSteps! };
  }

  /** Goes on from a state. */
  load({ scale, goodSteps, skippedSteps }: GradScalerState): void {
    this.#engine.write(this.#state, Float32Array.of(scale, goodSteps, skippedSteps));
  }

  /** Frees its memory. */
  dispose(): void {
    this.#scale.dispose();
    this.#state.dispose();
  }

  /** Frees its memory at the end of a block that declares it with `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
