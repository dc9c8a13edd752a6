import type { StepProgress } from "../../data/observer.ts";
import type { Engine } from "../../engine/engine.ts";
import { GradScaler, type GradScalerState } from "../../engine/optim/grad_scaler.ts";
import type { Optimizer } from "../../engine/optim/optimizer.ts";
import { ScalarLog } from "../../engine/scalar_log.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import type { Position } from "./checkpoint.ts";
import { GradientError } from "./gradient_error.ts";
import { endsTraining, isUnexpected, type StepPolicy } from "./precision.ts";

/** Steps whose losses are read back together. */
const stepsPerRead = 16;

/** What an epoch's sums are before its first batch. */
const epochStart = { batch: 0, lossSum: 0, normSum: 0, skippedSteps: 0, lostSteps: 0 } as const;

/** What the loop trains: a recipe's network on rows, or an encoder on pairs of texts. */
export interface LoopWork<Batch> {
  /** Changes the parameters; it counts the steps. */
  readonly optimizer: Optimizer;
  /** Scales the loss; null for none. */
  readonly scaler: GradScaler | null;
  /** What becomes of a step whose gradient is not finite. */
  readonly policy: StepPolicy;
  /** Seed of dropout and the like. */
  readonly seed: number;
  /** The batches of an epoch, counted from 0; the same whenever it is asked. */
  batches(epoch: number): readonly Batch[];
  /** How much the loss of a batch counts in the mean of its epoch. */
  weightOf(batch: Batch): number;
  /** Sets the learning rate of a step, counted from 0 over all epochs. */
  beforeStep(step: number): void;
  /** Forward, backward and update. What is to be read back goes into the log: loss, gradient status, scaler state. */
  step(batch: Batch, step: number, log: ScalarLog): Promise<void>;
}

/** What the loop tells as it goes. */
export interface LoopWatch {
  /** Some batches are done, up to 16 since the last call. Awaited. */
  step?(progress: StepProgress): unknown;
  /** A step was left out for its gradient. Awaited. */
  leftOut?(error: GradientError): unknown;
}

/** What an epoch came to. */
export interface EpochSums {
  /** Sum of loss x weight over its batches, without those whose loss is not finite. */
  readonly lossSum: number;
  /** Batches. */
  readonly batches: number;
  /** Batches without a finite loss. */
  readonly lostSteps: number;
  /** Mean global norm of the gradient, without steps that were skipped. */
  readonly gradientNorm: number;
}

/**
 * The one loop of all training: batches in steps of the optimiser, with seeds, scaling of the loss and the policy for bad
 * gradients. Losses stay on the GPU and are read back every 16 steps. It can be stopped between any two batches and goes on
 * to the same bits from its position.
 */
export class TrainingLoop<Batch> {
  readonly #engine: Engine;
  readonly #work: LoopWork<Batch>;
  readonly #log: ScalarLog;
  #position: Position = { ...epochStart, epoch: 0, step: 0 };
  #lossScale: GradScalerState | null = null;

  /** A loop before its first batch. */
  constructor(engine: Engine, work: LoopWork<Batch>) {
    this.#engine = engine;
    this.#work = work;
    this.#log = new ScalarLog(engine);
  }

  /** Where it stands, at the last read. */
  get position(): Position {
    return this.#position;
  }

  /** Where the scaler stood at the last read; null without one. */
  get lossScale(): GradScalerState | null {
    return this.#lossScale;
  }

  /** Goes on from a position. The optimiser has been restored. */
  restore(position: Position, lossScale: GradScalerState | null): void {
    this.#position = position;
    this.#lossScale = lossScale;
    if (lossScale) this.#work.scaler?.load(lossScale);
  }

  /**
   * Trains to the end of the current epoch or until the signal is aborted; true unless it was the signal.
   *
   * @throws GradientError when a gradient is NaN or infinite, naming the parameter and the step; in mixed precision once no
   * scale of the loss helps
   */
  async trainEpoch(watch: LoopWatch = {}, signal?: AbortSignal): Promise<boolean> {
    const { epoch } = this.#position, batches = this.#work.batches(epoch);
    let unread: Batch[] = [];
    for (let batch = this.#position.batch; batch < batches.length; batch++) {
      if (signal?.aborted) return false;
      await this.#step(batches[batch]!);
      unread.push(batches[batch]!);
      if (unread.length < stepsPerRead && batch + 1 < batches.length && !signal?.aborted) continue;
      const loss = await this.#readSteps(unread, batch + 1, watch);
      unread = [];
      const { reservedBytes: gpuBytes } = this.#engine.memory();
      await watch.step?.({ epoch: epoch + 1, batch: batch + 1, batches: batches.length, loss, gpuBytes });
    }
    return true;
  }

  /** Refuses an epoch without any finite loss. @throws MetrogradError naming the learning rate */
  expectFiniteLoss(): void {
    const { epoch, batch, lostSteps } = this.#position;
    if (lostSteps === 0 || lostSteps < batch) return;
    throw new MetrogradError(
      `No loss of epoch ${epoch + 1} is finite${
        this.#work.policy.precision === "mixed" ? " in mixed precision" : ""
      } (learning rate ${this.#work.optimizer.lr}).`,
    );
  }

  /** Begins the next epoch. What the one that ends came to. */
  endEpoch(): EpochSums {
    const { epoch, batch, lossSum, normSum, step, skippedSteps, lostSteps } = this.#position;
    this.#position = { ...epochStart, epoch: epoch + 1, step };
    return { lossSum, batches: batch, lostSteps, gradientNorm: normSum / Math.max(batch - skippedSteps, 1) };
  }

  async #step(batch: Batch): Promise<void> {
    const { optimizer, seed } = this.#work, { steps } = optimizer;
    this.#engine.random.seed = seed;
    this.#engine.random.step = steps;
    this.#work.beforeStep(steps);
    await this.#work.step(batch, steps, this.#log);
  }

  /** Reads the losses and norms of the steps since the last read; the last loss. */
  async #readSteps(unread: readonly Batch[], batch: number, watch: LoopWatch): Promise<number> {
    const results = await this.#log.read();
    let { lossSum, normSum, step, skippedSteps, lostSteps } = this.#position;
    const { optimizer, policy } = this.#work, leftOut: GradientError[] = [];
    results.forEach(([loss, status, scaling], i) => {
      step++;
      this.#lossScale = scaling ? GradScaler.stateOf(scaling) : null;
      const bad = optimizer.badGradient(status!);
      if (bad !== null) {
        const { scale } = this.#lossScale ?? { scale: null };
        const fault = { parameter: bad, step, learningRate: optimizer.lr };
        if (endsTraining(policy, scale)) throw new GradientError({ ...fault, scale });
        if (isUnexpected(policy, scale)) leftOut.push(new GradientError({ ...fault, scale: null }));
        skippedSteps++;
        if (!Number.isFinite(loss![0]!)) {
          lostSteps++;
          return;
        }
      } else normSum += status![0]!;
      lossSum += loss![0]! * this.#work.weightOf(unread[i]!);
    });
    for (const error of leftOut) await watch.leftOut?.(error);
    this.#position = { ...this.#position, batch, step, lossSum, normSum, skippedSteps, lostSteps };
    return results.at(-1)![0]![0]!;
  }

  /**
   * Trains on to a step of the current epoch, and runs that with a look at all that it computes. The loop is of no use
   * afterwards.
   *
   * @param step counted from 1
   * @returns what the first tensor is that holds NaN or infinity; null where there is none
   */
  async inspect(step: number): Promise<string | null> {
    const batches = this.#work.batches(this.#position.epoch);
    for (const batch of batches.slice(this.#position.batch)) {
      if (this.#work.optimizer.steps + 1 === step) {
        return await this.#engine.firstNonfinite(() => this.#step(batch));
      }
      await this.#step(batch);
      if (this.#log.length === stepsPerRead) await this.#log.read();
    }
    return null;
  }

  /** Frees what was not read. */
  dispose(): void {
    this.#log.dispose();
  }
}
