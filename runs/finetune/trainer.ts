import type { Observer, StepProgress } from "../../data/observer.ts";
import { rowsOf } from "../../encoders/finetune/batch_rows.ts";
import { ChunkedBackward } from "../../encoders/finetune/chunked_backward.ts";
import { batchLoss } from "../../encoders/finetune/losses.ts";
import { type PairBatch, PairSource } from "../../encoders/finetune/pairs.ts";
import type { TextPool } from "../../encoders/finetune/text_pool.ts";
import { chooseTrainable, type Trainable } from "../../encoders/finetune/trainable.ts";
import { planBatches } from "../../encoders/network/batch_plan.ts";
import type { SentenceEncoder } from "../../encoders/network/sentence_encoder.ts";
import type { SentenceBatch } from "../../encoders/network/sentence_network.ts";
import { paddedLength } from "../../encoders/network/token_batch.ts";
import type { Engine } from "../../engine/engine.ts";
import { Linear } from "../../engine/nn/linear.ts";
import { streamed } from "../../engine/nn/state_dict.ts";
import { AdamW } from "../../engine/optim/adam.ts";
import type { GradScaler } from "../../engine/optim/grad_scaler.ts";
import { WarmupLinearLR } from "../../engine/optim/schedules.ts";
import type { StreamedTensor } from "../../engine/files/write_safetensors.ts";
import type { FileTensor } from "../../engine/files/safetensors_reader.ts";
import type { Parameter } from "../../engine/tensors/parameter.ts";
import type { ScalarLog } from "../../engine/scalar_log.ts";
import { DataError, UsageError } from "../../kernels/errors.ts";
import type { Checkpoint, Position } from "../../recipes/training/checkpoint.ts";
import { TrainingLoop } from "../../recipes/training/loop.ts";
import { scalerFor } from "../../recipes/training/precision.ts";
import type { LeftOutStep } from "../../recipes/training/trainer.ts";
import type { FinetuneSettings } from "./settings.ts";

/** Steps of the random source for a step of the optimiser: more than the chunks that a batch can have. */
const drawsPerStep = 4096;
/** Fewest steps of the warm-up, where there are twice as many. */
const leastWarmup = 100, warmupShare = 0.1;

/** What an epoch of fine-tuning came to. */
export interface FinetuneEpoch {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean loss of its batches. */
  readonly loss: number;
  /** The rate of its last step. */
  readonly learningRate: number;
  /** Mean global norm of the gradient before clipping. */
  readonly gradientNorm: number;
}

/**
 * Tunes an encoder on pairs of texts. It can be stopped between any two batches and goes on to the same bits from its
 * checkpoint.
 */
export class FinetuneTrainer implements Disposable {
  readonly #engine: Engine;
  readonly #encoder: SentenceEncoder;
  readonly #settings: FinetuneSettings;
  readonly #optimizer: AdamW;
  readonly #trainable: Trainable;
  readonly #scaler: GradScaler | null;
  readonly #loop: TrainingLoop<PairBatch>;
  readonly #chunked: ChunkedBackward<SentenceBatch>;
  readonly #tokens = new Map<string, readonly number[]>();
  readonly #warn: (sentence: string) => void;
  #losses: readonly number[] = [];
  #warned = false;

  /** Where pairs come from. */
  readonly source: PairSource;
  /** Steps in an epoch. */
  readonly batches: number;
  /** Steps of the warm-up. */
  readonly warmup: number;

  /**
   * @param warn told in a sentence of what was not expected
   * @param debug told why chunks are not recorded, once for each reason
   * @throws UsageError or DataError when the data give no pairs, nothing is left to train or the adapter has no f16
   */
  constructor(
    engine: Engine,
    encoder: SentenceEncoder,
    pool: TextPool,
    settings: FinetuneSettings,
    warn: (sentence: string) => void = () => {},
    debug: (sentence: string) => void = () => {},
  ) {
    this.#engine = engine;
    this.#encoder = encoder;
    this.#warn = warn;
    if (settings.precision === "mixed" && !engine.capabilities.shaderF16) {
      throw new UsageError(
        `--precision mixed needs an adapter with shader-f16, which ${engine.adapterDescription} lacks.`,
      );
    }
    this.#settings = settings;
    this.source = new PairSource(pool, settings);
    this.batches = this.source.batches(0).length;
    this.#trainable = chooseTrainable(encoder.network, settings);
    const { parameters, undecayed } = this.#trainable, { lr, weightDecay, seed } = settings;
    const optimizer = new AdamW(parameters, { lr, weightDecay, undecayed }), scaler = scalerFor(engine, settings);
    this.#optimizer = optimizer;
    this.#scaler = scaler;
    this.#chunked = new ChunkedBackward(engine, (sent) => encoder.network.forward(sent), {
      mixed: settings.precision === "mixed",
      onFallback: (reason) => debug(`Chunks are not recorded: ${reason}.`),
    });
    const total = settings.epochs * this.batches;
    this.warmup = Math.min(Math.max(leastWarmup, Math.ceil(warmupShare * total)), Math.ceil(total / 2));
    // Counted from 1, so that the first step and the last one have rates above 0.
    const schedule = new WarmupLinearLR(optimizer, { warmup: this.warmup, total: total + 1 });
    this.#loop = new TrainingLoop(engine, {
      ...{ optimizer, scaler, policy: settings, seed },
      batches: (epoch) => this.source.batches(epoch),
      weightOf: () => 1,
      beforeStep: (step) => optimizer.lr = schedule.rateAt(step + 1),
      step: (batch, step, log) => this.#step(batch, step, log),
    });
  }

  /** Where it stands. */
  get position(): Position {
    return this.#loop.position;
  }

  /** Mean loss of each epoch that is done. */
  get losses(): readonly number[] {
    return this.#losses;
  }

  /** The rate of the last step; before the first that of the settings. */
  get learningRate(): number {
    return this.#optimizer.lr;
  }

  /** What is trained, by path. */
  get parameters(): ReadonlyMap<string, Parameter> {
    return new Map(this.#trainable.parameters.map((one) => [one.name, one]));
  }

  /** Parameters that are trained, and numbers in them. */
  get trained(): { readonly tensors: number; readonly numbers: number } {
    const { parameters } = this.#trainable;
    return { tensors: parameters.length, numbers: parameters.reduce((sum, { size }) => sum + size, 0) };
  }

  /**
   * Trains until the last epoch or the signal; true unless it was the signal.
   *
   * @throws GradientError when a gradient is NaN or infinite, naming the parameter and the step
   */
  async run(
    observer: Pick<Observer<FinetuneEpoch, never>, "step" | "epoch"> = {},
    signal?: AbortSignal,
    leftOut: LeftOutStep = () => {},
  ): Promise<boolean> {
    while (this.position.epoch < this.#settings.epochs) {
      const watch = { step: (progress: StepProgress) => observer.step?.(progress) };
      if (!await this.#loop.trainEpoch({ ...watch, leftOut }, signal)) return false;
      const { lossSum, batches, lostSteps, gradientNorm } = this.#loop.endEpoch(), { learningRate } = this;
      const loss = lossSum / (batches - lostSteps);
      this.#losses = [...this.#losses, loss];
      await observer.epoch?.({ epoch: this.position.epoch, loss, learningRate, gradientNorm }, true);
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
    return await this.#loop.inspect(step);
  }

  /** A step on a batch, a chunk of it at a time. */
  async #step(batch: PairBatch, step: number, log: ScalarLog): Promise<void> {
    const engine = this.#engine, optimizer = this.#optimizer, settings = this.#settings, scaler = this.#scaler;
    const rows = rowsOf(batch, settings.loss);
    if (settings.loss === "mnr" && rows.withoutNegatives && !this.#warned) {
      this.#warned = true;
      this.#warn(
        "A batch has no usable negatives: all its texts fit each other. It is trained with the contrastive loss of its pairs, " +
          "as any further one like it.",
      );
    }
    const sequences = rows.texts.map((text) => this.#tokenize(text));
    this.#encoder.network.train();
    const lengths = sequences.map(({ length }) => length), most = this.#mostTokens();
    const chunks = planBatches(lengths, most);
    // The first sequence of a chunk is its longest.
    const tokens = chunks.reduce((sum, rows) => sum + rows.length * paddedLength(lengths[rows[0]!]!), 0);
    optimizer.zeroGrad();
    const loss = await this.#chunked.run({
      chunks,
      cached: tokens > most,
      send: (picked) => this.#encoder.batch(picked.map((row) => sequences[row]!)),
      loss: (pick) => batchLoss(engine, rows, pick, settings),
      firstDraw: step * drawsPerStep,
      scaler,
    });
    await engine.step(() => {
      const status = optimizer.clipGradNorm(settings.clip || Infinity, scaler);
      optimizer.step();
      log.push(loss, status, ...scaler ? [scaler.state] : []);
    });
    loss.dispose();
    // Chunks of many shapes leave buffers of many sizes behind.
    const { reservedBytes, liveBytes } = engine.memory();
    if (reservedBytes - liveBytes > 2 * settings.memory * 2 ** 20) await engine.trim();
  }

  #tokenize(text: string): readonly number[] {
    const known = this.#tokens.get(text) ?? this.#encoder.tokenize(text);
    this.#tokens.set(text, known);
    return known;
  }

  /** Tokens of a chunk whose tape fits the memory and the device's bindings. */
  #mostTokens(): number {
    const { taped, widest } = this.#encoder.network.encoder.numbersPerToken(this.#encoder.maxTokens);
    const bytes = 4 * this.#trainable.layers * taped, { maxBindingSize } = this.#engine.capabilities;
    return Math.floor(Math.min(this.#settings.memory * 2 ** 20 / bytes, maxBindingSize / (4 * widest)));
  }

  /** All that is needed to go on from here: what is trained, its moments and the position. */
  checkpoint(fingerprint: string): Checkpoint<StreamedTensor> {
    const { parameters } = this.#trainable;
    return {
      position: this.position,
      seed: this.#settings.seed,
      learningRate: this.#optimizer.lr,
      lossScale: this.#loop.lossScale,
      schedule: null,
      losses: this.#losses,
      fingerprint,
      weights: new Map(parameters.map((one) => [one.name, streamed(one)])),
      moments: this.#optimizer.streamState(),
    };
  }

  /** Goes on where a checkpoint stands. @throws DataError when it lacks something that is trained */
  async restore(
    { position, lossScale, losses, weights, moments }: Checkpoint<FileTensor>,
    path: string,
  ): Promise<void> {
    for (const parameter of this.#trainable.parameters) {
      const tensor = weights.get(parameter.name);
      if (!tensor) throw new DataError(`${path} lacks weights.${parameter.name}.`);
      await this.#engine.writeInPieces(parameter, (from, count) => tensor.read(from, count));
    }
    await this.#optimizer.loadFrom(moments, position.step);
    this.#losses = losses ?? [];
    this.#loop.restore(position, lossScale);
  }

  /** Puts what adapters have learnt into the weights. It cannot be trained on afterwards. */
  mergeAdapters(): void {
    for (const module of this.#encoder.network.namedModules().values()) if (module instanceof Linear) module.merge();
  }

  /** Frees the trainer's GPU memory; the encoder lives on. */
  dispose(): void {
    this.#chunked.dispose();
    this.#loop.dispose();
    this.#optimizer.dispose();
    this.#scaler?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
