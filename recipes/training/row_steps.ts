import type { TextBlocks } from "../../data/embeddings/text_blocks.ts";
import type { LabelledRows } from "../../data/pairs/feature_tables.ts";
import type { CapturedStep } from "../../engine/captured_step.ts";
import type { Engine } from "../../engine/engine.ts";
import type { GradScaler } from "../../engine/optim/grad_scaler.ts";
import type { Optimizer } from "../../engine/optim/optimizer.ts";
import type { FileTensor } from "../../engine/files/safetensors_reader.ts";
import { tensorsIn } from "../../engine/tensors/tensor.ts";
import { Philox } from "../../kernels/philox.ts";
import type { Model } from "../model.ts";
import type { BatchSource } from "./batch.ts";
import { epochBatches } from "./batches.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { LabelledSource, type SentBatch } from "./labelled_source.ts";
import { TrainingLoop } from "./loop.ts";
import { makeOptimizer } from "./optimizers.ts";
import { scalerFor } from "./precision.ts";
import { makeSchedule, type Schedule } from "./schedules.ts";
import { StreamedRows } from "./streamed_rows.ts";
import { type StepResults, trainStep } from "./train_step.ts";

/** Stream of a run's seed for label noise, so that no two uses share numbers. */
const noiseStream = 0x201e0000;

/**
 * Steps of a recipe's network on rows: the training loop with the optimiser and the schedule of its settings. A step is
 * recorded once for each size of batch and then repeated, where the recipe lets it.
 */
export class RowSteps {
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly loop: TrainingLoop<Uint32Array>;
  readonly #scaler: GradScaler | null;
  readonly #streamed: StreamedRows | null;
  readonly #rows: LabelledSource;
  readonly #step: CapturedStep<SentBatch, StepResults>;

  /**
   * @param blocks where the texts of the train rows are read from; null where they are in the source
   * @param onFallback told why steps are not recorded, once for each reason
   */
  constructor(
    engine: Engine,
    model: Model,
    train: LabelledRows,
    source: BatchSource,
    blocks: TextBlocks | null,
    onFallback: (reason: string) => void,
  ) {
    const { network, settings, settings: { training } } = model;
    const optimizer = makeOptimizer(network.parameters(), settings.optimizer), scaler = scalerFor(engine, training);
    const streamed = blocks && new StreamedRows(blocks, model, train);
    const batches = (epoch: number) => streamed?.batches(epoch) ?? epochBatches(model, train, epoch);
    const totalSteps = training.epochs * batches(0).length;
    this.optimizer = optimizer;
    this.schedule = makeSchedule(optimizer, settings.schedule, totalSteps);
    this.#scaler = scaler;
    const rows = new LabelledSource(engine, source, train, streamed !== null);
    this.#streamed = streamed;
    this.#rows = rows;
    this.#step = engine.capture((sent) => trainStep(model, optimizer, rows.batch(sent), scaler), { onFallback });
    this.loop = new TrainingLoop(engine, {
      optimizer,
      scaler,
      policy: training,
      seed: training.seed,
      batches,
      weightOf: ({ length }) => length,
      beforeStep: (step) => this.schedule.beforeStep(step),
      step: async (picked, step, log) => {
        const texts = await streamed?.texts(picked);
        const sent = rows.send(picked, { noise: noiseOf(training, picked.length, step), streamed: texts });
        try {
          const results = await this.#step.run(sent), { loss, status, scaling } = results;
          log.push(loss, status, ...(scaling ? [scaling] : []));
          for (const tensor of tensorsIn(results)) tensor.dispose();
        } finally {
          for (const tensor of tensorsIn(sent)) tensor.dispose();
        }
      },
    });
  }

  /** Goes on where a checkpoint stands. @param lr first learning rate of the settings, which may have changed since */
  async restore(checkpoint: Checkpoint<FileTensor>, lr: number): Promise<void> {
    const { learningRate, firstLearningRate = lr, position, lossScale } = checkpoint;
    await this.optimizer.loadFrom(checkpoint.moments, position.step);
    this.optimizer.lr = lr === firstLearningRate ? learningRate : lr;
    this.schedule.state = checkpoint.schedule;
    this.loop.restore(position, lossScale);
  }

  /** Frees its GPU memory, and reads no more. */
  dispose(): void {
    this.#streamed?.dispose();
    this.#step.dispose();
    this.#rows.dispose();
    this.loop.dispose();
    this.optimizer.dispose();
    this.#scaler?.dispose();
  }
}

/** What is added to the scores of a step's rows; undefined where labels stay as they are. */
function noiseOf(
  { labelNoise, seed }: Model["settings"]["training"],
  rows: number,
  step: number,
): Float32Array | undefined {
  if (labelNoise === 0) return undefined;
  const random = new Philox(seed, noiseStream + step);
  return Float32Array.from({ length: rows }, () => labelNoise * random.normal());
}
