import { accuracy, rmse, rmseByScore } from "../../data/evaluation.ts";
import {
  type EpochFigures,
  isStop,
  type Observer,
  type Phase,
  phasesFor,
  type StepProgress,
} from "../../data/observer.ts";
import type { LabelledRows, TrainingData } from "../../data/pairs/feature_tables.ts";
import { mixedRmse } from "../../data/pairs/negatives.ts";
import { pairAccuracy, pairLoss } from "../../data/pairs/preferred.ts";
import type { Engine } from "../../engine/engine.ts";
import { EarlyStopping } from "../../engine/optim/early_stopping.ts";
import type { StreamedTensor } from "../../engine/files/write_safetensors.ts";
import type { FileTensor } from "../../engine/files/safetensors_reader.ts";
import type { Model } from "../model.ts";
import type { TrainRows } from "../recipe.ts";
import { BatchSource } from "./batch.ts";
import type { Checkpoint, Position } from "./checkpoint.ts";
import type { GradientError } from "./gradient_error.ts";
import type { EpochSums } from "./loop.ts";
import { predictRows } from "./predict_rows.ts";
import { isRefitted, trainRowsOf } from "./refit.ts";
import { RowSteps } from "./row_steps.ts";

/** What the steps of a recipe without steps come to. */
const noSteps: EpochSums = { lossSum: 0, batches: 0, lostSteps: 0, gradientNorm: 0 };

/** Called with the reason why a step was left out. Awaited. */
export type LeftOutStep = (error: GradientError) => unknown;

/**
 * Trains a model on rows of scores: in steps, with early stopping on the selection figure, or at once where its recipe is
 * fitted in closed form. It can be stopped between any two batches and goes on to the same bits from its checkpoint.
 */
export class Trainer {
  readonly #engine: Engine;
  readonly #source: BatchSource;
  readonly #earlyStopping: EarlyStopping;
  /** Null where the recipe is fitted in closed form. */
  readonly #steps: RowSteps | null;
  /** Of a recipe that is fitted in closed form: the fit counts as an epoch. */
  #fits = 0;
  #debug: (sentence: string) => void = () => {};

  constructor(engine: Engine, readonly model: Model, readonly data: TrainingData) {
    const { recipe, settings } = model;
    this.#engine = engine;
    this.#source = new BatchSource(engine, data.tables);
    this.#earlyStopping = new EarlyStopping(settings.training.earlyStopping);
    const onFallback = (reason: string) => this.#debug(`Steps are not recorded: ${reason}.`);
    this.#steps = recipe.fitted?.(settings)
      ? null
      : new RowSteps(engine, model, data.train, this.#source, data.blocks ?? null, onFallback);
  }

  /** Sets what the train rows decide. Not for a run that goes on. @throws the signal's reason when it is aborted */
  async start(observer: Observer = {}, signal?: AbortSignal): Promise<void> {
    const { recipe, network, settings } = this.model;
    await recipe.start?.(network, this.#trainRows(phasesFor(observer, signal)), settings);
  }

  get position(): Position {
    const fitted = { epoch: this.#fits, batch: 0, step: 0, lossSum: 0, normSum: 0, skippedSteps: 0, lostSteps: 0 };
    return this.#steps?.loop.position ?? fitted;
  }

  /** Names of what the optimiser keeps for each parameter; none where the recipe is fitted in closed form. */
  get momentNames(): readonly string[] {
    return this.#steps?.optimizer.momentNames ?? [];
  }

  /** Number of the epoch with the best selection figure, from 1; 0 before the first. */
  get bestEpoch(): number {
    return this.#earlyStopping.state.bestEpoch;
  }

  /** Everything needed to go on from here. */
  checkpoint(fingerprint: string): Checkpoint<StreamedTensor> {
    const { network, settings } = this.model, steps = this.#steps;
    return {
      position: this.position,
      seed: settings.training.seed,
      learningRate: steps?.optimizer.lr ?? settings.optimizer.lr,
      firstLearningRate: settings.optimizer.lr,
      lossScale: steps?.loop.lossScale ?? null,
      schedule: steps?.schedule.state ?? null,
      earlyStopping: this.#earlyStopping.state,
      fingerprint,
      weights: network.streamState(),
      moments: steps?.optimizer.streamState() ?? {},
    };
  }

  /** Takes up a run where a checkpoint left it. */
  async restore(checkpoint: Checkpoint<FileTensor>, source: string): Promise<void> {
    await this.model.network.loadFrom(checkpoint.weights, source);
    if (this.#steps) await this.#steps.restore(checkpoint, this.model.settings.optimizer.lr);
    else this.#fits = checkpoint.position.epoch;
    if (checkpoint.earlyStopping) this.#earlyStopping.state = checkpoint.earlyStopping;
  }

  /**
   * Trains until the last epoch, early stopping or the signal; true unless it was the signal.
   *
   * @throws GradientError when a gradient is NaN or infinite, naming the parameter and the step; in mixed precision once
   * no scale of the loss helps; MetrogradError when an epoch has no loss that is finite
   */
  async run(observer: Observer = {}, signal?: AbortSignal, leftOut: LeftOutStep = () => {}): Promise<boolean> {
    this.#debug = (sentence) => observer.debug?.(sentence);
    const epochs = this.#steps ? this.model.settings.training.epochs : 1;
    while (this.position.epoch < epochs && !this.#earlyStopping.stop) {
      if (this.#steps) {
        this.model.network.train();
        const watch = { step: (progress: StepProgress) => observer.step?.(progress) };
        if (!await this.#steps.loop.trainEpoch({ ...watch, leftOut }, signal)) return false;
      }
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

  /**
   * Trains on to a step of the current epoch, and runs that with a look at all that it computes. The trainer is of no use
   * afterwards.
   *
   * @param step counted from 1
   * @returns what the first tensor is that holds NaN or infinity; null where there is none
   */
  async inspect(step: number): Promise<string | null> {
    this.model.network.train();
    return await this.#steps?.loop.inspect(step) ?? null;
  }

  async #endEpoch(phase: Phase): Promise<{ figures: EpochFigures; best: boolean }> {
    const { train, validation, mismatched, mismatchedShare } = this.data;
    const { recipe, network, settings } = this.model, steps = this.#steps;
    const { epoch } = this.position, learningRate = steps?.optimizer.lr ?? settings.optimizer.lr;
    const lossScale = steps?.loop.lossScale ?? null;
    steps?.loop.expectFiniteLoss();
    if (isRefitted(recipe, settings)) await recipe.refit!(network, this.#trainRows(phase), settings);
    const { preferredTo } = validation, score = await this.#score(validation);
    const validationRmse = rmse(score, validation.score);
    const mismatchedRmse = mismatched && rmse(await this.#score(mismatched), mismatched.score);
    const selection = preferredTo
      ? pairLoss(score, preferredTo)
      : mixedRmse(validationRmse, mismatchedRmse, mismatchedShare);
    steps?.schedule.afterEpoch(selection);
    const best = this.#earlyStopping.step(selection);
    const { lossSum, batches, lostSteps, gradientNorm } = steps?.loop.endEpoch() ?? noSteps;
    if (!steps) this.#fits++;
    const figures = {
      epoch: epoch + 1,
      trainLoss: lossSum / train.score.length * (batches / Math.max(batches - lostSteps, 1)),
      validationRmse,
      accuracy: accuracy(score, validation.score),
      byScore: rmseByScore(score, validation.score).map(({ group, ...figure }) => ({
        score: Number(group),
        ...figure,
      })),
      mismatchedRmse,
      selection,
      learningRate,
      gradientNorm,
      ...(lossScale && { lossScale }),
      ...(preferredTo && { pairAccuracy: pairAccuracy(score, preferredTo).accuracy }),
    };
    return { figures, best };
  }

  async #score(rows: LabelledRows): Promise<Float32Array> {
    return (await predictRows(this.#engine, this.model, this.#source, rows)).score;
  }

  #trainRows(phase: Phase): TrainRows {
    const { train: rows, tables } = this.data;
    return trainRowsOf(this.#engine, this.model.network, this.#source, { tables, rows }, phase);
  }

  /** Frees the trainer's GPU memory; the network lives on. */
  dispose(): void {
    this.#steps?.dispose();
    this.#source.dispose();
  }
}
