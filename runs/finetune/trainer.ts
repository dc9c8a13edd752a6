import type { Engine } from "../../engine/engine.ts";
import { AdamW } from "../../engine/optim/adam.ts";
import { GradScaler, type GradScalerState } from "../../engine/optim/grad_scaler.ts";
import { WarmupLinearLR } from "../../engine/optim/schedules.ts";
import type { StreamedTensor } from "../../engine/safetensors.ts";
import type { FileTensor } from "../../engine/safetensors_reader.ts";
import type { Observer } from "../../data/observer.ts";
import { Linear } from "../../engine/nn/linear.ts";
import { streamed } from "../../engine/nn/module.ts";
import { DataError, UsageError } from "../../kernels/errors.ts";
import { planBatches } from "../../encoders/network/batch_plan.ts";
import type { SentenceEncoder } from "../../encoders/network/sentence_encoder.ts";
import { openKept, writeKept } from "../../recipes/training/kept_checkpoints.ts";
import { GradientError } from "../../recipes/training/gradient_error.ts";
import { endsTraining, isUnexpected, scalerFor } from "../../recipes/training/precision.ts";
import { paddedLength } from "../../encoders/network/token_batch.ts";
import { rowsOf } from "../../encoders/finetune/batch_rows.ts";
import { chunkedBackward } from "../../encoders/finetune/chunked_backward.ts";
import { batchLoss } from "../../encoders/finetune/losses.ts";
import { type PairBatch, PairSource } from "../../encoders/finetune/pairs.ts";
import type { FinetuneSettings } from "./settings.ts";
import type { TextPool } from "../../encoders/finetune/text_pool.ts";
import { chooseTrainable, type Trainable } from "../../encoders/finetune/trainable.ts";

/** Steps of the random source for a step of the optimiser: more than the chunks that a batch can have. */
const drawsPerStep = 4096;
/** Fewest steps of the warm-up, where there are twice as many. */
const leastWarmup = 100, warmupShare = 0.1;
const format = "metrograd finetune checkpoint 2", withoutChecksum = "metrograd finetune checkpoint 1";

/** Where fine-tuning stands: between two batches. */
export interface FinetunePosition {
  /** Epochs that are done. */
  readonly epoch: number;
  /** Batches of the current epoch that are done. */
  readonly batch: number;
  /** Steps since the start. */
  readonly step: number;
  /** Sum of the losses of the current epoch's batches that are finite. */
  readonly lossSum: number;
  /** How many they are: in mixed precision a loss may overflow. */
  readonly finite: number;
  /** Mean loss of each epoch that is done. */
  readonly losses: readonly number[];
  /** Where the scale of the loss stands; null in f32. */
  readonly scaling: GradScalerState | null;
}

/** What an epoch of fine-tuning came to. */
export interface FinetuneEpoch {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean loss of its batches. */
  readonly loss: number;
}

/**
 * Tunes an encoder on pairs of texts. It can be stopped between any two batches and goes on to the same bits from its
 * checkpoint.
 */
export class FinetuneTrainer {
  readonly #engine: Engine;
  readonly #encoder: SentenceEncoder;
  readonly #settings: FinetuneSettings;
  readonly #optimizer: AdamW;
  readonly #schedule: WarmupLinearLR;
  readonly #trainable: Trainable;
  readonly #scaler: GradScaler | null;
  readonly #tokens = new Map<string, readonly number[]>();
  #position: FinetunePosition = {
    ...{ epoch: 0, batch: 0, step: 0, lossSum: 0, finite: 0, losses: [], scaling: null },
  };
  #warned = false;
  #named = false;

  /** Where pairs come from. */
  readonly source: PairSource;
  /** Steps in an epoch. */
  readonly batches: number;
  /** Steps of the warm-up. */
  readonly warmup: number;

  /** @throws UsageError or DataError when the data give no pairs, nothing is left to train or the adapter has no f16 */
  constructor(engine: Engine, encoder: SentenceEncoder, pool: TextPool, settings: FinetuneSettings) {
    this.#engine = engine;
    this.#encoder = encoder;
    if (settings.precision === "mixed" && !engine.capabilities.shaderF16) {
      throw new UsageError(
        `--precision mixed needs an adapter with shader-f16, which ${engine.adapterDescription} lacks.`,
      );
    }
    this.#settings = settings;
    this.source = new PairSource(pool, settings);
    this.batches = this.source.batches(0).length;
    this.#trainable = chooseTrainable(encoder.network, settings);
    const { parameters, undecayed } = this.#trainable, { lr, weightDecay } = settings;
    this.#optimizer = new AdamW(parameters, { lr, weightDecay, undecayed });
    this.#scaler = scalerFor(engine, settings);
    const total = settings.epochs * this.batches;
    this.warmup = Math.min(Math.max(leastWarmup, Math.ceil(warmupShare * total)), Math.ceil(total / 2));
    // Counted from 1, so that the first step and the last one have rates above 0.
    this.#schedule = new WarmupLinearLR(this.#optimizer, { warmup: this.warmup, total: total + 1 });
  }

  get position(): FinetunePosition {
    return this.#position;
  }

  /** Parameters that are trained, and numbers in them. */
  get trained(): { readonly tensors: number; readonly numbers: number } {
    const { parameters } = this.#trainable;
    return { tensors: parameters.length, numbers: parameters.reduce((sum, { size }) => sum + size, 0) };
  }

  /**
   * Trains until the last epoch or the signal; true unless it was the signal.
   *
   * @throws MetrogradError when a gradient is NaN or infinite, naming the parameter and the step
   */
  async run(observer: Observer<FinetuneEpoch, never> = {}, signal?: AbortSignal): Promise<boolean> {
    const { epochs } = this.#settings;
    while (this.#position.epoch < epochs) {
      const { epoch } = this.#position, batches = this.source.batches(epoch);
      for (let batch = this.#position.batch; batch < batches.length; batch++) {
        if (signal?.aborted) return false;
        const loss = await this.#step(batches[batch]!, observer);
        const { step, lossSum, finite } = this.#position;
        this.#position = {
          ...this.#position,
          batch: batch + 1,
          step: step + 1,
          ...Number.isFinite(loss) ? { lossSum: lossSum + loss, finite: finite + 1 } : {},
        };
        await observer.step?.({ epoch: epoch + 1, batch: batch + 1, batches: batches.length, loss });
      }
      const { lossSum, losses, finite } = this.#position, loss = lossSum / finite;
      const next = { epoch: epoch + 1, batch: 0, lossSum: 0, finite: 0, losses: [...losses, loss] };
      this.#position = { ...this.#position, ...next };
      await observer.epoch?.({ epoch: epoch + 1, loss }, true);
    }
    return true;
  }

  /** A step on a batch; its loss. */
  async #step(batch: PairBatch, observer: Pick<Observer, "warn">): Promise<number> {
    const engine = this.#engine, optimizer = this.#optimizer, settings = this.#settings, scaler = this.#scaler;
    const rows = rowsOf(batch, settings.loss);
    if (settings.loss === "mnr" && rows.withoutNegatives && !this.#warned) {
      this.#warned = true;
      observer.warn?.(
        "A batch has no usable negatives: all its texts fit each other. It is trained with the contrastive loss of its pairs, " +
          "as any further one like it.",
      );
    }
    const sequences = rows.texts.map((text) => this.#tokenize(text));
    const { step } = this.#position;
    engine.random.seed = settings.seed;
    optimizer.lr = this.#schedule.rateAt(step + 1);
    this.#encoder.network.train();
    const lengths = sequences.map(({ length }) => length), most = this.#mostTokens();
    const chunks = planBatches(lengths, most);
    // The first sequence of a chunk is its longest.
    const tokens = chunks.reduce((sum, rows) => sum + rows.length * paddedLength(lengths[rows[0]!]!), 0);
    const backward = () => {
      optimizer.zeroGrad();
      return chunkedBackward(engine, {
        chunks,
        cached: tokens > most,
        forward: (picked) => this.#encoder.forward(picked.map((row) => sequences[row]!)),
        loss: (pick) => batchLoss(engine, rows, pick, settings),
        firstDraw: step * drawsPerStep,
        scaler,
        mixed: settings.precision === "mixed",
      });
    };
    const loss = await backward();
    const results = await engine.step(() => {
      const status = optimizer.clipGradNorm(settings.clip || Infinity, scaler);
      optimizer.step();
      return [status, ...scaler ? [scaler.state] : []];
    });
    const [value, status, scaling] = await engine.read([loss, ...results]);
    for (const tensor of [loss, ...results]) tensor.dispose();
    if (scaling) this.#position = { ...this.#position, scaling: GradScaler.stateOf(scaling) };
    const parameter = optimizer.badGradient(status!), scale = this.#position.scaling?.scale ?? null;
    if (parameter !== null && (endsTraining(settings, scale) || !this.#named && isUnexpected(settings, scale))) {
      this.#named = true;
      // Nothing has changed since, for the step was left out.
      const tensor = await engine.firstNonfinite(async () => (await backward()).dispose());
      const error = new GradientError({ parameter, step: step + 1, learningRate: optimizer.lr, scale, tensor });
      if (endsTraining(settings, scale)) throw error;
      observer.warn?.(`${error.message} The step is left out, as any further one like it.`);
    }
    // Chunks of many shapes leave buffers of many sizes behind.
    const { reservedBytes, liveBytes } = engine.memory();
    if (reservedBytes - liveBytes > 2 * settings.memory * 2 ** 20) await engine.trim();
    return value![0]!;
  }

  #tokenize(text: string): readonly number[] {
    const known = this.#tokens.get(text) ?? this.#encoder.tokenize(text);
    this.#tokens.set(text, known);
    return known;
  }

  /** Tokens of a chunk whose tape fits the memory and the device's bindings. */
  #mostTokens(): number {
    const { width, inner, heads, relativePositions } = this.#encoder.network.encoder.config;
    const { memory } = this.#settings;
    // What a layer leaves on the tape. Attention with a bias makes tables of scores.
    const scores = relativePositions > 0 ? 8 * heads * this.#encoder.maxTokens : 0;
    const bytes = 4 * this.#trainable.layers * (16 * width + 3 * inner + 4 * heads + scores);
    const { maxBindingSize } = this.#engine.capabilities;
    return Math.floor(Math.min(memory * 2 ** 20 / bytes, maxBindingSize / (4 * Math.max(3 * width, inner))));
  }

  /** Writes all that is needed to go on from here: what is trained, its moments and the position. */
  async save(path: string, fingerprint: string): Promise<void> {
    const { parameters } = this.#trainable;
    const tensors = new Map<string, StreamedTensor>(parameters.map((one) => [`weights.${one.name}`, streamed(one)]));
    for (const [group, values] of Object.entries(this.#optimizer.streamState())) {
      for (const [name, tensor] of values) tensors.set(`${group}.${name}`, tensor);
    }
    await writeKept(path, tensors, { format, fingerprint, position: JSON.stringify(this.#position) });
  }

  /** Goes on where a file of `save` stands. @throws DataError when it is damaged or of other data */
  async restore(path: string, fingerprint: string): Promise<void> {
    using file = await openKept(path, [format, withoutChecksum]);
    const { metadata, tensors } = file;
    if (metadata.fingerprint !== fingerprint) {
      throw new DataError(`${path} is of other data, settings or of another encoder; fine-tuning cannot go on.`);
    }
    const { parameters } = this.#trainable, moments: Record<string, Map<string, FileTensor>> = {};
    for (const name of this.#optimizer.momentNames) {
      moments[name] = new Map(parameters.map((one) => [one.name, find(`${name}.${one.name}`)]));
    }
    moments.step = new Map(parameters.flatMap(({ name }) => {
      const step = tensors.get(`step.${name}`);
      return step ? [[name, step]] : [];
    }));
    for (const parameter of parameters) {
      const tensor = find(`weights.${parameter.name}`);
      await this.#engine.writeInPieces(parameter, (from, count) => tensor.read(from, count));
    }
    this.#position = JSON.parse(metadata.position ?? "null");
    await this.#optimizer.loadFrom(moments, this.#position.step);
    if (this.#position.scaling) this.#scaler?.load(this.#position.scaling);

    function find(name: string): FileTensor {
      const found = tensors.get(name);
      if (!found) throw new DataError(`${path} lacks ${name}.`);
      return found;
    }
  }

  /** Puts what adapters have learnt into the weights. It cannot be trained on afterwards. */
  mergeAdapters(): void {
    for (const module of this.#encoder.network.namedModules().values()) if (module instanceof Linear) module.merge();
  }

  /** Frees the trainer's GPU memory; the encoder lives on. */
  dispose(): void {
    this.#optimizer.dispose();
    this.#scaler?.dispose();
  }
}
