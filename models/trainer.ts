import { backward } from "../engine/autograd.ts";
import type { Engine } from "../engine/engine.ts";
import { embedding } from "../engine/ops/embedding.ts";
import { heteroscedasticLoss } from "../engine/ops/losses.ts";
import { Adam } from "../engine/optim/adam.ts";
import { EarlyStopping } from "../engine/optim/early_stopping.ts";
import { ReduceLROnPlateau } from "../engine/optim/reduce_lr_on_plateau.ts";
import { ScalarLog } from "../engine/scalar_log.ts";
import type { Tensor } from "../engine/tensor.ts";
import { rmse } from "../data/evaluation.ts";
import { mixedRmse } from "../data/negatives.ts";
import { MetrogradError } from "../kernels/errors.ts";
import { Philox } from "../kernels/philox.ts";
import type { BilinearNetwork } from "./bilinear.ts";
import type { Checkpoint, Position } from "./checkpoint.ts";
import type { BilinearConfig } from "./config.ts";
import type { EpochFigures } from "./history.ts";
import { predictRows } from "./predict_rows.ts";
import { type LabelledRows, type TrainingData, weightedMeanScore } from "./training_data.ts";

/** Steps whose losses are read back together. */
const stepsPerRead = 16;

/** Streams of a run's seed, so that no two uses share numbers. */
const orderStream = 0x0bde0000;

/** What a trainer tells whoever started it. */
export interface TrainerEvents {
  /** Some steps are done; `loss` is the last one's. */
  step?(progress: { epoch: number; batch: number; batches: number; loss: number }): void;
  /** An epoch is done; `best` when its selection figure is the lowest so far. Awaited. */
  epoch?(figures: EpochFigures, best: boolean): Promise<void> | void;
}

/**
 * Trains a network on rows of scores: Adam with clipping, a plateau schedule and early stopping on the selection figure.
 * It can be stopped between any two batches and goes on to the same bits from its checkpoint.
 */
export class Trainer {
  readonly #engine: Engine;
  readonly #optimizer: Adam;
  readonly #plateau: ReduceLROnPlateau;
  readonly #earlyStopping: EarlyStopping;
  readonly #texts: Tensor;
  readonly #metrics: Tensor;
  readonly #log: ScalarLog;
  #position: Position = { epoch: 0, batch: 0, step: 0, lossSum: 0, normSum: 0 };

  constructor(
    engine: Engine,
    readonly network: BilinearNetwork,
    readonly data: TrainingData,
    readonly config: BilinearConfig,
  ) {
    this.#engine = engine;
    this.#optimizer = new Adam(network.parameters(), { lr: config.learningRate, weightDecay: config.weightDecay });
    this.#plateau = new ReduceLROnPlateau(this.#optimizer, {
      factor: config.plateauFactor,
      patience: config.plateauPatience,
      minLr: config.minimumLearningRate,
    });
    this.#earlyStopping = new EarlyStopping(config.earlyStopping);
    const { texts, metrics } = data.tables;
    this.#texts = engine.tensor([texts.data.length / texts.dimension, texts.dimension], texts.data, "text embeddings");
    this.#metrics = engine.tensor(
      [metrics.data.length / metrics.dimension, metrics.dimension],
      metrics.data,
      "metric embeddings",
    );
    this.#log = new ScalarLog(engine);
  }

  /** The mean head starts at the weighted mean score of the train rows. Not for a run that goes on. */
  async startAtMeanScore(): Promise<void> {
    const { bias } = this.network.head;
    const values = await bias!.data();
    values[0] = weightedMeanScore(this.data.train);
    bias!.assign(values);
  }

  get position(): Position {
    return this.#position;
  }

  /** Number of the epoch with the best selection figure, from 1; 0 before the first. */
  get bestEpoch(): number {
    return this.#earlyStopping.state.bestEpoch;
  }

  /** Everything needed to go on from here. */
  async checkpoint(fingerprint: string): Promise<Checkpoint> {
    return {
      position: this.#position,
      seed: this.config.seed,
      learningRate: this.#optimizer.lr,
      plateau: this.#plateau.state,
      earlyStopping: this.#earlyStopping.state,
      fingerprint,
      weights: await this.network.stateDict(),
      moments: await this.#optimizer.stateDict(),
    };
  }

  /** Takes up a run where a checkpoint left it. */
  restore(checkpoint: Checkpoint, source: string): void {
    this.network.loadStateDict(checkpoint.weights, source);
    this.#optimizer.loadStateDict(checkpoint.moments, checkpoint.position.step);
    this.#optimizer.lr = checkpoint.learningRate;
    this.#plateau.state = checkpoint.plateau;
    this.#earlyStopping.state = checkpoint.earlyStopping;
    this.#position = checkpoint.position;
  }

  /**
   * Trains until the last epoch, early stopping or the signal; true unless it was the signal.
   *
   * @throws MetrogradError when a gradient is NaN or infinite, naming the parameter and the step
   */
  async run(events: TrainerEvents = {}, signal?: AbortSignal): Promise<boolean> {
    while (this.#position.epoch < this.config.epochs && !this.#earlyStopping.stop) {
      if (!await this.#trainEpoch(events, signal)) return false;
      const { figures, best } = await this.#endEpoch();
      await events.epoch?.(figures, best);
    }
    return true;
  }

  async #trainEpoch(events: TrainerEvents, signal?: AbortSignal): Promise<boolean> {
    const { train } = this.data;
    const { batchSize, seed } = this.config;
    const { epoch } = this.#position;
    const order = new Philox(seed, orderStream + epoch).permutation(train.score.length);
    const batches = Math.ceil(order.length / batchSize);
    this.network.train();
    let rows: number[] = [];
    for (let batch = this.#position.batch; batch < batches; batch++) {
      if (signal?.aborted) return false;
      const picked = order.subarray(batch * batchSize, (batch + 1) * batchSize);
      await this.#step(picked);
      rows.push(picked.length);
      if (rows.length < stepsPerRead && batch + 1 < batches && !signal?.aborted) continue;
      const loss = await this.#readSteps(rows, batch + 1);
      rows = [];
      events.step?.({ epoch: epoch + 1, batch: batch + 1, batches, loss });
    }
    return true;
  }

  async #step(picked: Uint32Array): Promise<void> {
    const { train } = this.data;
    const engine = this.#engine, optimizer = this.#optimizer;
    engine.random.seed = this.config.seed;
    engine.random.step = optimizer.steps;
    await engine.step(() => {
      const pick = <T extends Float32Array | Uint32Array>(from: T) => Array.from(picked, (row) => from[row]!);
      const text = embedding({ weight: this.#texts, index: engine.indices([picked.length], pick(train.text)) });
      const metric = embedding({ weight: this.#metrics, index: engine.indices([picked.length], pick(train.metric)) });
      const prediction = this.network.forward(metric, text);
      const loss = heteroscedasticLoss({
        prediction,
        target: engine.tensor([picked.length], pick(train.score)),
        weight: engine.tensor([picked.length], pick(train.weight)),
      });
      optimizer.zeroGrad();
      backward(loss);
      const norm = optimizer.clipGradNorm(this.config.clip || Infinity);
      optimizer.step();
      this.#log.push(loss, norm);
    });
  }

  /** Reads the losses and norms of the steps since the last read; the last loss. */
  async #readSteps(rows: readonly number[], batch: number): Promise<number> {
    const results = await this.#log.read();
    let { lossSum, normSum, step } = this.#position;
    results.forEach(([loss, status], i) => {
      step++;
      const bad = this.#optimizer.badGradient(status!);
      if (bad !== null) {
        throw new MetrogradError(
          `${bad}: the gradient is not finite at step ${step} (learning rate ${this.#optimizer.lr}).`,
        );
      }
      lossSum += loss![0]! * rows[i]!;
      normSum += status![0]!;
    });
    this.#position = { ...this.#position, batch, step, lossSum, normSum };
    return results.at(-1)![0]![0]!;
  }

  async #endEpoch(): Promise<{ figures: EpochFigures; best: boolean }> {
    const { train, validation, mismatched } = this.data;
    const { epoch, batch, lossSum, normSum, step } = this.#position;
    const learningRate = this.#optimizer.lr;
    const validationRmse = await this.#rmse(validation);
    const mismatchedRmse = mismatched && await this.#rmse(mismatched);
    const selection = mixedRmse(validationRmse, mismatchedRmse, this.config.negatives);
    this.#plateau.step(selection);
    const best = this.#earlyStopping.step(selection);
    this.#position = { epoch: epoch + 1, batch: 0, step, lossSum: 0, normSum: 0 };
    const figures = {
      epoch: epoch + 1,
      trainLoss: lossSum / train.score.length,
      validationRmse,
      mismatchedRmse,
      selection,
      learningRate,
      gradientNorm: normSum / batch,
    };
    return { figures, best };
  }

  async #rmse(rows: LabelledRows): Promise<number> {
    const { score } = await predictRows(this.#engine, this.network, this.#metrics, this.#texts, rows);
    return rmse(score, rows.score);
  }

  /** Frees the trainer's GPU memory; the network lives on. */
  dispose(): void {
    this.#log.dispose();
    this.#texts.dispose();
    this.#metrics.dispose();
    this.#optimizer.dispose();
  }
}
