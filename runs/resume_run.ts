import { removePartialFiles } from "../engine/files/files.ts";
import { FolderLock } from "../engine/files/lock.ts";
import { UsageError } from "../kernels/errors.ts";
import { widthsOf } from "../scoring/model_scorer.ts";
import { withHistograms } from "./configure.ts";
import { prepare } from "./prepare/prepare.ts";
import { prepareRun } from "./prepare/prepare_run.ts";
import { type RunConfig, RunFolder } from "./run_folder.ts";
import type { RunOptions } from "./run_options.ts";
import { trainConfig } from "./start_run.ts";
import type { TrainSummary } from "./train_summary.ts";
import { expectPrecision } from "./training/expect_precision.ts";
import { expectRoom } from "./training/memory.ts";
import { changeSettings, type SettingChange } from "./training/resume_changes.ts";
import { engineOf, train } from "./training/train.ts";
import { writeInputs } from "./training/write_inputs.ts";

/**
 * Goes on with a run that was stopped, to the same bits as if it had not been.
 *
 * @param changes settings that it goes on with, such as a lower learning rate after NaN
 * @throws DataError when the folder holds no run or its data has changed, UsageError when a setting may not change
 */
export async function resumeRun(
  path: string,
  options: RunOptions,
  changes: readonly SettingChange[] = [],
): Promise<TrainSummary> {
  const folder = new RunFolder(path);
  const { config: begun, inputs } = await folder.readConfig();
  const config = withHistograms(changeSettings(begun, changes), options);
  if (changes.length > 0 && await folder.isFinished()) {
    throw new UsageError(`${path} is done, so that ${changes[0]![2]} cannot change it any more.`);
  }
  await using engine = engineOf(options, config.textureReads);
  await expectPrecision(engine, config.settings);
  using lock = await FolderLock.take(path);
  await removePartialFiles(path);
  const isInMemory = inputs !== null && config.files?.memory === undefined;
  const prepared = await (isInMemory ? prepare : prepareRun)(config, options.reporter, { ...options, engine });
  await expectRoom(config, widthsOf(prepared.inputs), engine);
  await writeInputs(folder, config, prepared, engine);
  return await train({ folder, lock, config, prepared, engine }, options);
}

/** Trains a run into a folder, or goes on with the run that is there. @throws MetrogradError as `trainRun` does */
export async function trainOrResume(
  folder: RunFolder,
  config: RunConfig,
  options: RunOptions,
): Promise<TrainSummary> {
  if (await folder.isRun()) return await resumeRun(folder.path, options);
  // Killed before its config was written, a run has left nothing worth keeping.
  await Deno.remove(folder.path, { recursive: true }).catch(() => {});
  return await trainConfig(config, folder.path, { ...options, force: false });
}
