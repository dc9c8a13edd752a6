import type { StepProgress } from "../../data/observer.ts";
import type { EncoderQuality } from "../../encoders/finetune/quality.ts";
import { EventFile } from "../tensorboard/event_file.ts";
import { parameterHistograms } from "../tensorboard/parameter_histograms.ts";
import { scalarValues, settingsValue } from "../tensorboard/values.ts";
import type { FinetuneEpoch, FinetuneTrainer } from "./trainer.ts";

/**
 * Fine-tuning as TensorBoard reads it: a step of its curves is one of the optimiser. What a killed process has written
 * beyond its last checkpoint is left out when the work goes on.
 */
export class FinetuneEvents {
  readonly #file: EventFile;
  #last: { readonly at: number; readonly step: number } | null = null;

  private constructor(file: EventFile, readonly trainer: FinetuneTrainer, readonly histograms: boolean) {
    this.#file = file;
  }

  /**
   * Opens the event file of a folder at the trainer's step.
   *
   * @param settings everything that is asked for, in sections
   * @param before how the encoder was before its first step
   */
  static async open(
    folder: string,
    trainer: FinetuneTrainer,
    { settings, before, histograms }: {
      readonly settings: object;
      readonly before: EncoderQuality;
      readonly histograms: boolean;
    },
  ): Promise<FinetuneEvents> {
    const file = await EventFile.open(folder, trainer.position.step);
    const start = { step: 0, wallTime: Date.now() / 1000 };
    await file.addOnce(start, [settingsValue(settings)]);
    await file.addOnce(start, qualityValues(before));
    return new FinetuneEvents(file, trainer, histograms);
  }

  /** Adds the loss of a batch. */
  async step({ epoch, batch, batches, loss }: StepProgress): Promise<void> {
    const step = (epoch - 1) * batches + batch, now = performance.now(), last = this.#last;
    this.#last = { at: now, step };
    await this.#add(step, {
      "train/loss": loss,
      "train/learning_rate": this.trainer.learningRate,
      // The first steps wait for kernels to be compiled.
      "train/steps_per_second": last ? (step - last.step) / (now - last.at) * 1000 : undefined,
    });
  }

  /** Adds an epoch that is done. */
  async epoch({ loss, gradientNorm }: FinetuneEpoch): Promise<void> {
    const { trainer } = this, values = scalarValues({ "train/epoch_loss": loss, "train/gradient_norm": gradientNorm });
    const histograms = this.histograms ? await parameterHistograms(trainer.parameters) : [];
    await this.#file.add(momentAt(trainer.position.step), [...values, ...histograms]);
  }

  /** Adds how the encoder is in the end. */
  async end(after: EncoderQuality): Promise<void> {
    await this.#file.add(momentAt(this.trainer.position.step), qualityValues(after));
  }

  async #add(step: number, numbers: Readonly<Record<string, number | undefined>>): Promise<void> {
    await this.#file.add(momentAt(step), scalarValues(numbers));
  }
}

const momentAt = (step: number) => ({ step, wallTime: Date.now() / 1000 });

const qualityValues = ({ alignment, uniformity, recall }: EncoderQuality) =>
  scalarValues({
    "validation/alignment": alignment,
    "validation/uniformity": uniformity,
    "validation/recall_at_1": recall?.at1,
    "validation/recall_at_5": recall?.at5,
  });
