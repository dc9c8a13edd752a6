import { createHash } from "node:crypto";
import { basename, resolve as absolute } from "node:path";
import { readMetricDefinitions } from "../../data/metrics/metric_definitions.ts";
import { absolutePaths } from "../../data/files/data_paths.ts";
import type { Reading } from "../../data/reading.ts";
import { type MetricRecord, readRecords } from "../../data/records.ts";
import type { NoteTaker } from "../../data/note_taker.ts";
import type { AdapterChoice } from "../../engine/device/adapter.ts";
import { despiteLoss } from "../../engine/device/despite_loss.ts";
import type { Observer, StepProgress } from "../../data/observer.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Profile } from "../../engine/profile/profile.ts";
import { whatIsAt } from "../../engine/files/files.ts";
import { FolderLock } from "../../engine/files/lock.ts";
import { DataError, DeviceError, DeviceLostError, UsageError } from "../../kernels/errors.ts";
import { readEncoderConfig } from "../../encoders/network/config.ts";
import { SharedEngine } from "../../encoders/shared_engine.ts";
import { SentenceEncoder } from "../../encoders/network/sentence_encoder.ts";
import { promptNote } from "../../encoders/model_folder/default_prompt.ts";
import { readSentenceHead } from "../../encoders/model_folder/sentence_head.ts";
import { restoreKept } from "../../recipes/training/kept_checkpoints.ts";
import { parseEncoderName } from "../../encoders/open_encoder.ts";
import { type Given, resolve } from "../../recipes/settings/table.ts";
import { type FinetuneConfig, type FinetuneCounts, FinetuneFolder } from "./finetune_folder.ts";
import { modelCard } from "./model_card.ts";
import { type EncoderQuality, measureEncoder } from "../../encoders/finetune/quality.ts";
import { addSentenceModules } from "../../encoders/finetune/sentence_modules.ts";
import { finetuneTable } from "./settings.ts";
import { TextPool } from "../../encoders/finetune/text_pool.ts";
import { withHistograms } from "../configure.ts";
import { FinetuneEvents } from "./finetune_events.ts";
import { type FinetuneEpoch, FinetuneTrainer } from "./trainer.ts";
import { earlierForms } from "./earlier_checkpoints.ts";
import { GradientError } from "../../recipes/training/gradient_error.ts";
import { readCheckpoint, writeCheckpoint } from "../../recipes/training/checkpoint.ts";

/** Steps between two checkpoints, besides those at the ends of epochs. */
const stepsPerCheckpoint = 100;

/** An encoder to tune. */
export interface FinetuneRequest {
  /** Files of records, folders of such or `-`; those without scores give texts alone. */
  readonly data: readonly string[];
  /** How they are read. */
  readonly reading?: Reading;
  /** JSON file of a text for each metric's name; null for none. */
  readonly metricDefinitions: string | null;
  /** Name of the encoder: "gpu:FOLDER". */
  readonly encoder: string;
  /** Settings that differ from their defaults. */
  readonly settings: Given<typeof finetuneTable>;
  /** Folder to write. */
  readonly out: string;
}

/** What fine-tuning is about to do. */
export interface FinetunePlan extends FinetuneCounts {
  /** Epochs in all. */
  readonly epochs: number;
  /** Not 0 when it is resumed. */
  readonly stepsDone: number;
  /** Mean loss of each epoch that is done. */
  readonly losses?: readonly number[];
}

/** How fine-tuning is watched and stopped. */
export interface FinetuneOptions extends Observer<FinetuneEpoch, FinetunePlan> {
  /** @deprecated `note` is its name now. */
  readonly onNote?: NoteTaker;
  /** @deprecated `adapter` is its name now. */
  readonly onAdapter?: (adapter: AdapterChoice) => void;
  /** @deprecated `start` is its name now. */
  readonly onStart?: (plan: FinetunePlan) => void;
  /** Stops the work when it is aborted; all is saved then. */
  readonly signal?: AbortSignal;
  /** Engine to compute on, which stays open. Without it one is opened, and another where the GPU is lost. */
  readonly engine?: Engine;
  /** Notes what an engine that is opened does. */
  readonly profile?: Profile | undefined;
  /** Replaces a tuned encoder, or stopped work, that is in the folder. */
  readonly force?: boolean;
  /** Adds histograms of weights and gradients to the TensorBoard event file after each epoch. */
  readonly histograms?: boolean;
}

/** What fine-tuning came to. */
export interface FinetuneSummary {
  /** Folder of the tuned encoder. */
  readonly folder: string;
  /** False when it was stopped by its signal; it can be resumed. */
  readonly finished: boolean;
  /** Mean loss of each epoch that is done. */
  readonly losses: readonly number[];
  /** What was trained, and on how much. */
  readonly counts: FinetuneCounts;
  /** How the encoder was. */
  readonly before: EncoderQuality;
  /** How it is now; null until it is finished. */
  readonly after: EncoderQuality | null;
}

/**
 * Tunes a sentence encoder on the texts, scores and metrics of records, into a Hugging Face folder that appears whole or not
 * at all.
 *
 * @throws MetrogradError in one sentence
 */
export async function finetune(request: FinetuneRequest, given: FinetuneOptions): Promise<FinetuneSummary> {
  const options = withCurrentNames(given);
  const { scheme, argument } = parseEncoderName(request.encoder);
  if (scheme !== "gpu") throw new UsageError(`--encoder is "${request.encoder}"; gpu:FOLDER is expected for training.`);
  const config = withHistograms<FinetuneConfig>({
    data: [absolutePaths(request.data)].flat(),
    ...(request.reading ? { reading: request.reading } : {}),
    metricDefinitions: request.metricDefinitions === null ? null : absolute(request.metricDefinitions),
    encoder: absolute(argument),
    settings: resolve(finetuneTable, request.settings),
  }, options);
  const folder = new FinetuneFolder(request.out);
  using lock = await FolderLock.take(folder.work);
  await folder.claim(options.force ?? false);
  try {
    return await runDespiteLoss(folder, lock, config, null, options);
  } catch (error) {
    if (await whatIsAt(folder.checkpoint) === "nothing") {
      await Deno.remove(folder.work, { recursive: true }).catch(() => {});
    }
    throw error;
  }
}

/**
 * Goes on with fine-tuning that was stopped, to the same bits as if it had not been.
 *
 * @param out the folder that was to be written
 * @throws DataError when there is no stopped work, or its data have changed
 */
export async function resumeFinetune(out: string, options: FinetuneOptions): Promise<FinetuneSummary> {
  const folder = new FinetuneFolder(out), { config: known, before } = await folder.readConfig();
  const config = withHistograms(known, options);
  using lock = await FolderLock.take(folder.work);
  if (config !== known) await folder.writeConfig(config, before);
  return await runDespiteLoss(folder, lock, config, before, withCurrentNames(options));
}

/** Options by the names that they have now. */
function withCurrentNames({ onNote, onAdapter, onStart, ...options }: FinetuneOptions): FinetuneOptions {
  const old = { ...onNote && { note: onNote, warn: onNote }, ...onAdapter && { adapter: onAdapter } };
  return { ...old, ...onStart && { start: onStart }, ...options };
}

async function runDespiteLoss(
  folder: FinetuneFolder,
  lock: FolderLock,
  config: FinetuneConfig,
  before: EncoderQuality | null,
  options: FinetuneOptions,
): Promise<FinetuneSummary> {
  if (options.engine) return await run(folder, lock, config, before, options);
  let known = before;
  const work = async () => {
    try {
      return await run(folder, lock, config, known, options);
    } catch (error) {
      if (error instanceof DeviceLostError) known = (await folder.readConfig()).before;
      throw error;
    }
  };
  return await despiteLoss(work, {
    onNote: (sentence) => options.warn?.(sentence),
    next: "fine-tuning goes on from its last checkpoint",
    progress: () => Deno.stat(folder.checkpoint).then(({ mtime }) => mtime?.getTime(), () => null),
  });
}

async function run(
  folder: FinetuneFolder,
  lock: FolderLock,
  config: FinetuneConfig,
  known: EncoderQuality | null,
  { signal, force: _, engine: given, profile, ...observer }: FinetuneOptions,
): Promise<FinetuneSummary> {
  const onNote = (sentence: string) => observer.note?.(sentence);
  const { settings, histograms = false } = config;
  const definitions = config.metricDefinitions === null
    ? null
    : await readMetricDefinitions(config.metricDefinitions, onNote);
  const files: MetricRecord[][] = [];
  for (const path of config.data) {
    files.push(await readRecords(path, { scores: "optional", reading: config.reading, onNote }));
  }
  const records = files.flat();
  const pool = new TextPool(records, { ...settings, definitions });
  await using shared = new SharedEngine(given, { onNote, profile });
  const engine = await shared.open();
  observer.adapter?.(engine.opened.adapter);
  using encoder = await openEncoder(engine, config.encoder, settings.maxTokens);
  const note = promptNote(config.encoder, encoder.head.prompt);
  if (note) onNote(`${note}.`);
  const fingerprint = fingerprintOf(config, encoder, records, definitions);
  const warn = (sentence: string) => observer.warn?.(sentence);
  const debug = (sentence: string) => observer.debug?.(sentence);
  const trainer = new FinetuneTrainer(engine, encoder, pool, settings, warn, debug);
  const restore = (into: FinetuneTrainer) =>
    restoreKept(
      folder.checkpoint,
      (path) =>
        readCheckpoint(path, async (checkpoint) => {
          if (checkpoint.fingerprint === fingerprint) return await into.restore(checkpoint, path);
          throw new DataError(`${path} is of other data, settings or of another encoder; fine-tuning cannot go on.`);
        }, earlierForms),
      warn,
    );
  /** Names the first tensor that is not finite: a second trainer goes from the last checkpoint to that step. */
  const withTensor = async (error: GradientError) => {
    try {
      using again = await openEncoder(engine, config.encoder, settings.maxTokens);
      using second = new FinetuneTrainer(engine, again, pool, settings);
      await restore(second);
      return new GradientError({ ...error.fault, tensor: await second.inspect(error.fault.step) });
    } catch (failure) {
      // There is no memory for a second one.
      if (failure instanceof DeviceError && !(failure instanceof DeviceLostError)) return error;
      throw failure;
    }
  };
  try {
    const counts = countsOf(records, pool, trainer);
    // On disk before anything takes long, so that work that is killed can be resumed.
    if (!known) await folder.writeConfig(config, null);
    const before = known ?? await measureEncoder(encoder, pool);
    if (!known) await folder.writeConfig(config, before);
    if (await restore(trainer)) {
      const { epoch, batch } = trainer.position;
      onNote(`Going on after epoch ${epoch}${batch > 0 ? ` and ${batch} batches` : ""}.`);
    }
    const described = { ...settings, data: config.data, encoder: config.encoder };
    const events = await FinetuneEvents.open(folder.work, trainer, { settings: described, before, histograms });
    const { position: { step: stepsDone }, losses: earlier } = trainer;
    observer.start?.({ ...counts, epochs: settings.epochs, stepsDone, losses: earlier });
    let saved = trainer.position.step, named = false;
    const save = async () => {
      await lock.check();
      await writeCheckpoint(folder.checkpoint, trainer.checkpoint(fingerprint));
      saved = trainer.position.step;
    };
    const watch = {
      async step(progress: StepProgress) {
        await events.step(progress);
        await observer.step?.(progress);
        if (trainer.position.step - saved >= stepsPerCheckpoint) await save();
      },
      async epoch(figures: FinetuneEpoch, best: boolean) {
        await events.epoch(figures);
        await save();
        await observer.epoch?.(figures, best);
      },
    };
    const leftOut = async (error: GradientError) => {
      // Once: it takes up to an epoch.
      if (named) return;
      named = true;
      warn(`${(await withTensor(error)).message} The step is left out, as any further one like it.`);
    };
    const finished = await trainer.run(watch, signal, leftOut).catch(async (error) => {
      throw error instanceof GradientError ? await withTensor(error) : error;
    });
    if (!finished) await save();
    const { losses } = trainer;
    if (finished) trainer.mergeAdapters();
    const after = finished ? await measureEncoder(encoder, pool) : null;
    if (after) {
      await lock.check();
      await events.end(after);
      await encoder.save(folder.result);
      await addSentenceModules(folder.result, encoder);
      const facts = { config, counts, losses, before, after };
      const note = {
        ...facts,
        config: { ...config, data: config.data.map((path) => basename(path)), encoder: basename(config.encoder) },
      };
      await folder.finish(modelCard(facts), note);
    }
    return { folder: folder.path, finished, losses, counts, before, after };
  } finally {
    trainer.dispose();
  }
}

/** Opens an encoder that reads so many tokens, or as many as it can. */
async function openEncoder(engine: Engine, folder: string, maxTokens: number): Promise<SentenceEncoder> {
  const head = await readSentenceHead(folder), { positions, firstPosition } = await readEncoderConfig(head.folder);
  const most = Math.min(positions - firstPosition, head.maxTokens ?? Infinity);
  return await SentenceEncoder.open(engine, folder, { maxTokens: Math.min(maxTokens, most) });
}

function countsOf(records: readonly MetricRecord[], pool: TextPool, trainer: FinetuneTrainer): FinetuneCounts {
  const { source, batches, warmup, trained } = trainer;
  return {
    records: records.length,
    texts: pool.train.length,
    heldOut: pool.holdsOut,
    pairs: Object.fromEntries(source.kinds.map((kind) => [kind, source.count(kind)])),
    definitions: pool.definitions.size,
    batches,
    warmup,
    trainedTensors: trained.tensors,
    trainedNumbers: trained.numbers,
  };
}

/** Identifies data, settings and encoder. */
function fingerprintOf(
  { settings: { onNonfinite: _, ...settings } }: FinetuneConfig,
  { fingerprint }: SentenceEncoder,
  records: readonly MetricRecord[],
  definitions: ReadonlyMap<string, string> | null,
): string {
  const hash = createHash("sha256").update(JSON.stringify([settings, fingerprint, [...definitions ?? []]]));
  for (const record of records) hash.update(JSON.stringify(record));
  return hash.digest("hex");
}
