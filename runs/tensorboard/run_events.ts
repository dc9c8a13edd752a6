import type { EpochFigures } from "../../data/observer.ts";
import type { Module } from "../../engine/nn/module.ts";
import type { EpochTiming } from "../results/history.ts";
import { EventFile } from "./event_file.ts";
import type { SummaryValue } from "./events.ts";
import { parameterHistograms } from "./parameter_histograms.ts";
import { scalarValues, settingsValue } from "./values.ts";

/** How a run is written for TensorBoard. */
export interface RunEventsOptions {
  /** Everything that it was made by, in sections. */
  readonly settings: object;
  /** True where its model is fitted in closed form. */
  readonly fitted: boolean;
  /** Adds histograms of weights and gradients after each epoch. */
  readonly histograms: boolean;
}

/** A run as TensorBoard reads it: a step of its curves is an epoch. */
export class RunEvents {
  readonly #file: EventFile;
  readonly #options: RunEventsOptions;

  private constructor(file: EventFile, options: RunEventsOptions) {
    this.#file = file;
    this.#options = options;
  }

  /**
   * Opens the event file of a run's folder. Epochs that it lacks are added: it is written after the checkpoint, and runs
   * of earlier versions have none.
   *
   * @param history epochs that are done
   */
  static async open(
    folder: string,
    history: readonly EpochFigures[],
    timings: readonly EpochTiming[],
    options: RunEventsOptions,
  ): Promise<RunEvents> {
    const file = await EventFile.open(folder, history.length), events = new RunEvents(file, options);
    await file.addOnce({ step: file.lastStep, wallTime: Date.now() / 1000 }, [settingsValue(options.settings)]);
    for (const figures of history.slice(file.lastStep)) {
      await events.#add(figures, timings.find(({ epoch }) => epoch === figures.epoch), []);
    }
    return events;
  }

  /** Adds an epoch that is done. */
  async epoch(figures: EpochFigures, timing: EpochTiming, network: Module): Promise<void> {
    const { histograms } = this.#options;
    await this.#add(figures, timing, histograms ? await parameterHistograms(network.namedParameters()) : []);
  }

  async #add(
    figures: EpochFigures,
    timing: EpochTiming | undefined,
    more: readonly SummaryValue[],
  ): Promise<void> {
    const wallTime = (timing ? Date.parse(timing.finished) : Date.now()) / 1000;
    const values = epochValues(figures, timing, this.#options.fitted);
    await this.#file.add({ step: figures.epoch, wallTime }, [...values, ...more]);
  }
}

/** The figures of an epoch, by the names that TensorBoard shows. */
function epochValues(figures: EpochFigures, timing: EpochTiming | undefined, fitted: boolean): SummaryValue[] {
  const { trainLoss, validationRmse, mismatchedRmse, selection, learningRate, gradientNorm, lossScale } = figures;
  // A fit in closed form has no steps, and no loss to speak of.
  const ofSteps = {
    "train/loss": trainLoss,
    "train/learning_rate": learningRate,
    "train/gradient_norm": gradientNorm,
    "train/loss_scale": lossScale?.scale,
    "train/steps_per_second": timing && timing.seconds > 0 ? timing.steps / timing.seconds : undefined,
  };
  return scalarValues({
    ...(fitted ? {} : ofSteps),
    "train/seconds": timing?.seconds,
    "validation/rmse": validationRmse,
    "validation/mismatched_rmse": mismatchedRmse,
    "validation/selection": selection,
  });
}
