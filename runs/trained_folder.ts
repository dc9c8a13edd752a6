import type { MetricRecord } from "../data/records.ts";
import type { Engine } from "../engine/engine.ts";
import { UsageError } from "../kernels/errors.ts";
import type { Features, ScoreOptions } from "../scoring/model_scorer.ts";
import type { ShiftedPredictions, ShiftRequest } from "../scoring/shift/shift_scores.ts";
import { type EnsembleConfig, EnsembleFolder, holdsEnsemble, runsOf } from "./ensemble/config.ts";
import type { Member } from "./ensemble/members.ts";
import { EnsembleScorer } from "./ensemble/scorer.ts";
import { type EnsembleOptions, type EnsembleSummary, resumeEnsemble } from "./ensemble/train.ts";
import { foldPaths, holdsFolds, outOfFold, readFolds } from "./folds/folds_folder.ts";
import { type FoldsSummary, resumeFolds } from "./folds/train_folds.ts";
import { resumeRun } from "./resume_run.ts";
import { type RunConfig, RunFolder } from "./run_folder.ts";
import { Scorer } from "./scorer.ts";
import type { TrainSummary } from "./train_summary.ts";
import type { SettingChange } from "./training/resume_changes.ts";

/** What a training goes on with. */
export interface Continuation {
  /** Settings of a single run that it goes on with, such as a lower learning rate. */
  readonly changes?: readonly SettingChange[];
  /** Members that an ensemble gets. */
  readonly added?: readonly Member[];
}

/** What going on with a folder came to. */
export type Resumed =
  | { readonly kind: "run"; readonly summary: TrainSummary }
  | { readonly kind: "ensemble"; readonly summary: EnsembleSummary }
  | { readonly kind: "folds"; readonly summary: FoldsSummary };

/** Records as what is in a folder scores them. */
export interface ScoredRecords {
  /** Their scores. */
  readonly predictions: ShiftedPredictions;
  /** What the network saw; null for an ensemble, whose members have no features in common. */
  readonly features: Features | null;
  /** Mean score of the train rows. */
  readonly trainMean: number;
  /** What ridge regression on the same inputs says, of an ensemble those of its first member; null where it is not kept. */
  readonly ridge: Float32Array | null;
  /** Probability that each record's metric fits its text, NaN where it is not judged; null where none is. */
  readonly fits: Float64Array | null;
}

/** What is in a folder on a GPU, to score any number of sets of records. */
export interface LoadedFolder extends Disposable {
  /** Scores records. @throws DataError as `Scorer.features` does, UsageError as `Scorer.predict` does */
  score(records: readonly MetricRecord[], options: ScoreOptions, shift: ShiftRequest): Promise<ScoredRecords>;
  /** Vectors of texts by its encoder, of an ensemble by that of the first member. @throws DataError where it has none */
  embed(texts: readonly string[], options: Omit<ScoreOptions, "source">): Promise<Float32Array<ArrayBuffer>>;
}

/** A folder that `train` has made: a single run, an ensemble, or the runs or ensembles of folds. */
export interface TrainedFolder {
  /** Where it is. */
  readonly path: string;
  /** What it holds. */
  readonly kind: Resumed["kind"];
  /** Settings of the run or the ensemble; of all folds with fold 0. */
  readonly config: RunConfig | EnsembleConfig;
  /** How many folds; null where there are none. */
  readonly folds: number | null;
  /** Folders of all single runs in it. */
  readonly runs: readonly string[];
  /** Folders of runs or ensembles that score records: its own, or those of its folds. */
  readonly scorers: readonly string[];
  /** File of its predictions of what was held out. */
  readonly heldOut: string;
  /**
   * Goes on with a training that was stopped.
   *
   * @throws UsageError for changes or members that what is in the folder cannot have
   */
  resume(options: EnsembleOptions, more?: Continuation): Promise<Resumed>;
  /**
   * Loads it, all members of an ensemble at once.
   *
   * @throws DataError where it is not finished, UsageError for folds
   */
  load(engine: Engine): Promise<LoadedFolder>;
  /** Scores records, an ensemble with one member on the GPU at a time. @throws UsageError for folds, each of which scores by its own folder */
  score(
    engine: Engine,
    records: readonly MetricRecord[],
    options: ScoreOptions,
    shift: ShiftRequest,
  ): Promise<ScoredRecords>;
}

/** What a folder holds; null for none of the three. */
export async function kindOfFolder(path: string): Promise<TrainedFolder["kind"] | null> {
  if (await holdsFolds(path)) return "folds";
  if (await holdsEnsemble(path)) return "ensemble";
  return await new RunFolder(path).isRun() ? "run" : null;
}

/**
 * Opens a folder that `train` has made. All that treats runs, ensembles and folds alike goes through it.
 *
 * @throws DataError when it holds none of the three, or its config is damaged
 */
export async function openTrained(path: string): Promise<TrainedFolder> {
  const kind = await kindOfFolder(path);
  if (kind === "folds") return await openFolds(path);
  return kind === "ensemble" ? await openEnsemble(path) : await openRun(path);
}

async function openRun(path: string): Promise<TrainedFolder> {
  const folder = new RunFolder(path), { config } = await folder.readConfig();
  return {
    ...{ path, kind: "run", config, folds: null, runs: [path], scorers: [path], heldOut: folder.validation },
    async resume(options, { changes = [], added = [] } = {}) {
      if (added.length > 0) {
        throw new UsageError(`${path} holds no ensemble, so that --member cannot be given beside it.`);
      }
      return { kind: "run", summary: await resumeRun(path, options, changes) };
    },
    load: async (engine) => loadedRun(await Scorer.load(engine, path)),
    async score(engine, records, options, shift) {
      using loaded = loadedRun(await Scorer.load(engine, path, options));
      return await loaded.score(records, options, shift);
    },
  };
}

function loadedRun(scorer: Scorer): LoadedFolder {
  return {
    async score(records, options, { name, target }) {
      const features = await scorer.features(records, options);
      const predictions = await scorer.predict(features, name, target, options);
      return {
        predictions,
        features,
        trainMean: scorer.inputs.trainMean,
        ridge: scorer.predictBaseline(features),
        fits: scorer.fits(features, predictions),
      };
    },
    embed: (texts, options) => scorer.embed(texts, options),
    [Symbol.dispose]: () => scorer.dispose(),
  };
}

async function openEnsemble(path: string): Promise<TrainedFolder> {
  const { config } = await new EnsembleFolder(path).read();
  return {
    ...{ path, kind: "ensemble", config, folds: null, runs: runsOf(path, config), scorers: [path] },
    heldOut: new EnsembleFolder(path).validation,
    async resume(options, { changes = [], added = [] } = {}) {
      refuseChanges(path, changes);
      return { kind: "ensemble", summary: await resumeEnsemble(path, options, added) };
    },
    async load(engine) {
      const ensemble = await EnsembleScorer.load(engine, path);
      await ensemble.keepMembers();
      return loadedEnsemble(ensemble);
    },
    async score(engine, records, options, shift) {
      if (options.weights) {
        throw new UsageError(`${path} is an ensemble; weights are those of one network, as each of its members has.`);
      }
      return await loadedEnsemble(await EnsembleScorer.load(engine, path)).score(records, options, shift);
    },
  };
}

function loadedEnsemble(ensemble: EnsembleScorer): LoadedFolder {
  return {
    async score(records, options, { name, target }) {
      const { baseline, fits, ...predictions } = await ensemble.predict(records, options, name, target);
      return {
        predictions,
        features: null,
        trainMean: ensemble.fitted.trainMean,
        ridge: baseline,
        fits,
      };
    },
    embed: (texts, options) => ensemble.embed(texts, options),
    [Symbol.dispose]: () => ensemble.dispose(),
  };
}

async function openFolds(path: string): Promise<TrainedFolder> {
  const { folds, config } = await readFolds(path), scorers = foldPaths(path, folds);
  const oneFoldExpected = `${path} holds folds; score with one of them, such as ${scorers[0]}.`;
  return {
    ...{ path, kind: "folds", config, folds, scorers, heldOut: outOfFold(path) },
    runs: scorers.flatMap((fold) => runsOf(fold, config)),
    async resume(options, { changes = [], added = [] } = {}) {
      refuseChanges(path, changes);
      return { kind: "folds", summary: await resumeFolds(path, options, added) };
    },
    load: () => Promise.reject(new UsageError(oneFoldExpected)),
    score: () => Promise.reject(new UsageError(oneFoldExpected)),
  };
}

function refuseChanges(path: string, [change]: readonly SettingChange[]): void {
  if (!change) return;
  throw new UsageError(
    `${path} holds several runs, which keep their ${change[2]}; resume the one that is to change by its own folder.`,
  );
}
