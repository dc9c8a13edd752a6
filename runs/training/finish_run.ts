import type { Engine } from "../../engine/engine.ts";
import type { StepCosts } from "../../engine/profile/step_sample.ts";
import { SafetensorsReader } from "../../engine/files/safetensors_reader.ts";
import { writeSafetensors } from "../../engine/files/write_safetensors.ts";
import { joinPairs } from "../prepare/augment.ts";
import { fitToFile } from "../../scoring/fit/fit_file.ts";
import type { FitModel } from "../../scoring/fit/fit_model.ts";
import type { Model } from "../../recipes/model.ts";
import type { PreparedRun } from "../prepare/prepared_run.ts";
import { refit } from "../../recipes/training/refit.ts";
import type { RunFolder } from "../run_folder.ts";
import type { EpochFigures, Phase } from "../../data/observer.ts";
import type { EncodingWatch } from "../../encoders/encode_inputs.ts";
import type { FolderLock } from "../../engine/files/lock.ts";
import { ModelScorer, saveModel } from "../../scoring/model_scorer.ts";
import type { RidgeApart } from "../../scoring/ridge_apart.ts";
import { shiftFigures } from "../../scoring/shift/measure_shifts.ts";
import { writeEnvironment } from "../results/environment.ts";
import { measureDirections } from "../results/measure_directions.ts";
import { measureRun, measureSample } from "../results/measure_run.ts";
import { writeResults } from "../results/write_results.ts";
import type { TrainSummary } from "../train_summary.ts";

/** What the metadata of a model say that was fitted to train and validation rows in the end. */
const allRows = "train and validation";

/**
 * Loads a run's best model as it was measured: one that was fitted to all rows since, by a run that is taken up again, is
 * fitted to the train rows alone.
 */
export async function loadBest(
  engine: Engine,
  folder: RunFolder,
  model: Model,
  { data }: PreparedRun,
  phase: Phase,
): Promise<void> {
  using file = await SafetensorsReader.open(folder.model, "the model of a run");
  await model.network.loadFrom(file.tensors, folder.model);
  if (file.metadata.rows === allRows) await refit(engine, model, data.tables, data.train, phase);
}

/**
 * Fits a model that was measured, and the fit model beside it, to train and validation rows together, where that is wanted.
 *
 * @returns the fit model that is kept; null for none
 */
export async function refitToAll(
  engine: Engine,
  folder: RunFolder,
  model: Model,
  { data, metrics, refitted, fit, rows: { records, plain } }: PreparedRun,
  phase: Phase,
): Promise<FitModel | null> {
  if (!refitted) return fit?.model ?? null;
  await refit(engine, model, data.tables, refitted, phase);
  await saveModel(folder.model, model.network, { rows: allRows });
  if (!fit) return null;
  const again = await fit.model.refit(
    { records, texts: data.tables.texts },
    joinPairs([plain, data.validation]),
    { data: metrics.embeddings, dimension: metrics.dimension },
    phase,
  );
  await saveFit(folder, again);
  return again;
}

/** A run whose training is done. */
export interface TrainedRun {
  readonly folder: RunFolder;
  readonly lock: FolderLock;
  readonly prepared: PreparedRun;
  readonly engine: Engine;
  readonly model: Model;
  readonly history: readonly EpochFigures[];
  /** The regression that its figures stand beside. */
  readonly ridge: RidgeApart;
  /** What a step cost; null where none was looked at. */
  readonly costs: StepCosts | null;
}

/** Measures the best epoch on rows that it has not seen, fits to all rows what is to be, and writes all results. */
export async function finishRun(
  { folder, lock, prepared, engine, model, history, ridge, costs }: TrainedRun,
  unfinished: TrainSummary,
  { phase, encoding }: { readonly phase: Phase; readonly encoding: EncodingWatch },
): Promise<TrainSummary> {
  await loadBest(engine, folder, model, prepared, phase);
  const scoring = (done?: number, total?: number) => phase("scoring held-out rows", done, total);
  await scoring();
  const measured = { ...prepared, engine, model, fit: prepared.fit?.model ?? null };
  const scorer = new ModelScorer(measured, folder.path);
  const { figures: heldOutFigures, heldOut } = await measureRun(scorer, prepared, await ridge.fitted(), scoring);
  const fit = await refitToAll(engine, folder, model, prepared, phase);
  const figures = [...heldOutFigures];
  if (prepared.sample) {
    await phase("scoring the sample's test set");
    const kept = new ModelScorer({ ...prepared, engine, model, fit }, folder.path);
    const { rows: { plain } } = prepared, { ridge } = heldOut;
    figures.push(await measureSample(kept, prepared.sample, { plain, ridge }, encoding));
  }
  const choice = await model.recipe.choice?.(model.network) ?? null;
  const directions = await measureDirections(engine, model, prepared);
  const state = model.network.streamState();
  const summary = {
    ...unfinished,
    finished: true,
    figures,
    shifts: shiftFigures(heldOut.shifted),
    choice,
    directions,
  };
  await lock.check();
  prepared.clock.end("scoring held-out rows");
  await writeEnvironment(folder.environment, engine, { phases: prepared.clock.phases, step: costs });
  await writeResults(folder, prepared, history, { ...summary, heldOut, state });
  return summary;
}

/** Writes a fit model into a run's folder. */
export async function saveFit(folder: RunFolder, model: FitModel): Promise<void> {
  const { tensors, metadata } = fitToFile(model);
  await writeSafetensors(folder.fit, tensors, metadata);
}
