import type { Engine } from "../../engine/engine.ts";
import { EarlyStopping } from "../../engine/optim/early_stopping.ts";
import { GradScaler, type GradScalerState } from "../../engine/optim/grad_scaler.ts";
import type { Optimizer } from "../../engine/optim/optimizer.ts";
import type { StreamedTensor } from "../../engine/safetensors.ts";
import type { FileTensor } from "../../engine/safetensors_reader.ts";
import { ScalarLog } from "../../engine/scalar_log.ts";
import { rmse } from "../../data/evaluation.ts";
import { mixedRmse } from "../../data/pairs/negatives.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import { Philox } from "../../kernels/philox.ts";
import { BatchSource } from "./batch.ts";
import { epochBatches } from "./batches.ts";
import type { Checkpoint, Position } from "./checkpoint.ts";
import { GradientError } from "./gradient_error.ts";
import type { EpochFigures, Observer } from "../../data/observer.ts";
import type { Model } from "../model.ts";
import { makeOptimizer } from "./optimizers.ts";
import { isStop, type Phase, phasesFor } from "./phases.ts";
import { endsTraining, isUnexpected, scalerFor } from "./precision.ts";
import { predictRows } from "./predict_rows.ts";
import type { TrainRows } from "../recipe.ts";
import { isRefitted, trainRowsOf } from "./refit.ts";
import { makeSchedule, type Schedule } from "./schedules.ts";
import { trainStep } from "./train_step.ts";
import type { LabelledRows, TrainingData } from "../../data/pairs/feature_tables.ts";

/** Steps whose losses are read back together. */
const stepsPerRead = 16;

/** What an epoch's sums are before its first batch. */
const epochStart = { batch: 0, lossSum: 0, normSum: 0, skippedSteps: 0, lostSteps: 0 } as const;

/** Streams of a run's seed, so that no two uses share numbers. */
const noiseStream = 0x201e0000;

/** Called with the reason why a step was left out. Awaited. */
export type LeftOutStep = (error: GradientError) => Promise<void> | void;

/**
 * Trains a model on rows of scores, with the optimiser and the schedule of its settings and early stopping on the
 * selection figure. It can be stopped between any two batches and goes on to the same bits from its checkpoint.
 */
export class Trainer {
  readonly #engine: Engine;
  readonly #optimizer: Optimizer;
  readonly #scaler: GradScaler | null;
  readonly #schedule: Schedule;
  readonly #earlyStopping: EarlyStopping;
  readonly #source: BatchSource;
  readonly #log: ScalarLog;
  #position: Position = { ...epochStart, epoch: 0, step: 0 };
  /** Where the scaler stood at the last read. */
  #lossScale: GradScalerState | null = null;

  constructor(engine: Engine, readonly model: Model, readonly data: TrainingData) {
    const { recipe, network, settings } = model;
    this.#engine = engine;
    this.#optimizer = makeOptimizer(network.parameters(), settings.optimizer);
    this.#scaler = recipe.fitted?.(settings) ? null : scalerFor(engine, settings.training);
    const totalSteps = settings.training.epochs * epochBatches(model, data.train, 0).length;
    this.#schedule = makeSchedule(this.#optimizer, settings.schedule, totalSteps);
    this.#earlyStopping = new EarlyStopping(settings.training.earlyStopping);
    this.#source = new BatchSource(engine, data.tables);
    this.#log = new ScalarLog(engine);
  }

  /** Sets what the train rows decide. Not for a run that goes on. @throws the signal's reason when it is aborted */
  async start(observer: Observer = {}, signal?: AbortSignal): Promise<void> {
    const { recipe, network, settings } = this.model;
    await recipe.start?.(network, this.#trainRows(phasesFor(observer, signal)), settings);
  }

  get position(): Position {
    return this.#position;
  }

  /** Number of the epoch with the best selection figure, from 1; 0 before the first. */
  get bestEpoch(): number {
    return this.#earlyStopping.state.bestEpoch;
  }

  /** Everything needed to go on from here. */
  checkpoint(fingerprint: string): Checkpoint<StreamedTensor> {
    return {
      position: this.#position,
      seed: this.model.settings.training.seed,
      learningRate: this.#optimizer.lr,
      firstLearningRate: this.model.settings.optimizer.lr,
      lossScale: this.#lossScale,
      schedule: this.#schedule.state,
      earlyStopping: this.#earlyStopping.state,
      fingerprint,
      weights: this.model.network.streamState(),
      moments: this.#optimizer.streamState(),
    };
  }

  /** Takes up a run where a checkpoint left it. */
  async restore(checkpoint: Checkpoint<FileTensor>, source: string): Promise<void> {
    await this.model.network.loadFrom(checkpoint.weights, source);
    await this.#optimizer.loadFrom(checkpoint.moments, checkpoint.position.step);
    const { lr } = this.model.settings.optimizer, { learningRate, firstLearningRate = lr } = checkpoint;
    this.#optimizer.lr = lr === firstLearningRate ? learningRate : lr;
    this.#lossScale = checkpoint.lossScale;
    if (checkpoint.lossScale) this.#scaler?.load(checkpoint.lossScale);
    this.#schedule.state = checkpoint.schedule;
    this.#earlyStopping.state = checkpoint.earlyStopping;
    this.#position = checkpoint.position;
  }

  /**
   * Trains until the last epoch, early stopping or the signal; true unless it was the signal.
   *
   * @throws GradientError when a gradient is NaN or infinite, naming the parameter and the step; in mixed precision once
   * no scale of the loss helps; MetrogradError when an epoch has no loss that is finite
   */
  async run(observer: Observer = {}, signal?: AbortSignal, leftOut: LeftOutStep = () => {}): Promise<boolean> {
    const { recipe, settings } = this.model;
    const epochs = recipe.fitted?.(settings) ? 1 : settings.training.epochs;
    while (this.#position.epoch < epochs && !this.#earlyStopping.stop) {
      if (!await this.#trainEpoch(observer, leftOut, signal)) return false;
      try {
        const { figures, best } = await this.#endEpoch(phasesFor(observer, signal));
        await observer.epoch?.(figures, best);
      } catch (error) {
        // The epoch's steps are done and kept; what was being fitted is fitted again.
        if (isStop(error, signal)) return false;
        throw error;
      }
    }
    return true;
  }

  async #trainEpoch(observer: Observer, leftOut: LeftOutStep, signal?: AbortSignal): Promise<boolean> {
    const { epoch } = this.#position;
    const batches = epochBatches(this.model, this.data.train, epoch);
    this.model.network.train();
    let rows: number[] = [];
    for (let batch = this.#position.batch; batch < batches.length; batch++) {
      if (signal?.aborted) return false;
      await this.#step(batches[batch]!);
      rows.push(batches[batch]!.length);
      if (rows.length < stepsPerRead && batch + 1 < batches.length && !signal?.aborted) continue;
      const loss = await this.#readSteps(rows, batch + 1, leftOut);
      rows = [];
      await observer.step?.({ epoch: epoch + 1, batch: batch + 1, batches: batches.length, loss });
    }
    return true;
  }

  async #step(picked: Uint32Array): Promise<void> {
    const engine = this.#engine, optimizer = this.#optimizer;
    const { settings } = this.model;
    engine.random.seed = settings.training.seed;
    engine.random.step = optimizer.steps;
    this.#schedule.beforeStep(optimizer.steps);
    await engine.step(() => {
      const batch = this.#source.labelled(this.data.train, picked, this.#noise(picked.length, optimizer.steps));
      const { loss, status, scaling } = trainStep(this.model, optimizer, batch, this.#scaler);
      this.#log.push(loss, status, ...(scaling ? [scaling] : []));
    });
  }

  /** What is added to the scores of a step's rows; undefined where labels stay as they are. */
  #noise(rows: number, step: number): Float32Array | undefined {
    const { labelNoise, seed } = this.model.settings.training;
    if (labelNoise === 0) return undefined;
    const random = new Philox(seed, noiseStream + step);
    return Float32Array.from({ length: rows }, () => labelNoise * random.normal());
  }

  /** Reads the losses and norms of the steps since the last read; the last loss. */
  async #readSteps(rows: readonly number[], batch: number, onLeftOut: LeftOutStep): Promise<number> {
    const results = await this.#log.read();
    let { lossSum, normSum, step, skippedSteps, lostSteps } = this.#position;
    const { training } = this.model.settings, leftOut: GradientError[] = [];
    results.forEach(([loss, status, scaling], i) => {
      step++;
      this.#lossScale = scaling ? GradScaler.stateOf(scaling) : null;
      const bad = this.#optimizer.badGradient(status!);
      if (bad !== null) {
        const { scale } = this.#lossScale ?? { scale: null };
        const fault = { parameter: bad, step, learningRate: this.#optimizer.lr };
        if (endsTraining(training, scale)) throw new GradientError({ ...fault, scale });
        if (isUnexpected(training, scale)) leftOut.push(new GradientError({ ...fault, scale: null }));
        skippedSteps++;
        if (!Number.isFinite(loss![0]!)) {
          lostSteps++;
          return;
        }
      } else normSum += status![0]!;
      lossSum += loss![0]! * rows[i]!;
    });
    for (const error of leftOut) await onLeftOut(error);
    this.#position = { ...this.#position, batch, step, lossSum, normSum, skippedSteps, lostSteps };
    return results.at(-1)![0]![0]!;
  }

  /**
   * Trains on to a step of the current epoch, and runs that with a look at all that it computes. The trainer is of no use
   * afterwards.
   *
   * @param step counted from 1
   * @returns what the first tensor is that holds NaN or infinity; null where there is none
   */
  async inspect(step: number): Promise<string | null> {
    const batches = epochBatches(this.model, this.data.train, this.#position.epoch);
    this.model.network.train();
    for (const picked of batches.slice(this.#position.batch)) {
      if (this.#optimizer.steps + 1 === step) return await this.#engine.firstNonfinite(() => this.#step(picked));
      await this.#step(picked);
      if (this.#log.length === stepsPerRead) await this.#log.read();
    }
    return null;
  }

  async #endEpoch(phase: Phase): Promise<{ figures: EpochFigures; best: boolean }> {
    const { train, validation, mismatched, mismatchedShare } = this.data;
    const { recipe, network, settings } = this.model;
    const { epoch, batch, lossSum, normSum, step, skippedSteps, lostSteps } = this.#position;
    const learningRate = this.#optimizer.lr;
    if (lostSteps > 0 && lostSteps === batch) {
      throw new MetrogradError(
        `No loss of epoch ${epoch + 1} is finite${
          settings.training.precision === "mixed" ? " in mixed precision" : ""
        } (learning rate ${learningRate}).`,
      );
    }
    if (isRefitted(recipe, settings)) await recipe.refit!(network, this.#trainRows(phase), settings);
    const validationRmse = await this.#rmse(validation);
    const mismatchedRmse = mismatched && await this.#rmse(mismatched);
    const selection = mixedRmse(validationRmse, mismatchedRmse, mismatchedShare);
    this.#schedule.afterEpoch(selection);
    const best = this.#earlyStopping.step(selection);
    this.#position = { ...epochStart, epoch: epoch + 1, step };
    const figures = {
      epoch: epoch + 1,
      trainLoss: lossSum / train.score.length * (batch / Math.max(batch - lostSteps, 1)),
      validationRmse,
      mismatchedRmse,
      selection,
      learningRate,
      gradientNorm: normSum / Math.max(batch - skippedSteps, 1),
      ...(this.#lossScale && { lossScale: this.#lossScale }),
    };
    return { figures, best };
  }

  async #rmse(rows: LabelledRows): Promise<number> {
    const { score } = await predictRows(this.#engine, this.model, this.#source, rows);
    return rmse(score, rows.score);
  }

  #trainRows(phase: Phase): TrainRows {
    const { train: rows, tables } = this.data;
    return trainRowsOf(this.#engine, this.model.network, this.#source, { tables, rows }, phase);
  }

  /** Frees the trainer's GPU memory; the network lives on. */
  dispose(): void {
    this.#log.dispose();
    this.#source.dispose();
    this.#optimizer.dispose();
    this.#scaler?.dispose();
  }
}
