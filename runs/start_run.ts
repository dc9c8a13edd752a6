import { fillFolder, removePartialFiles, whatIsAt } from "../engine/files/files.ts";
import { FolderLock } from "../engine/files/lock.ts";
import { UsageError } from "../kernels/errors.ts";
import { widthsOf } from "../scoring/model_scorer.ts";
import { configOf, withHistograms } from "./configure.ts";
import { prepareRun } from "./prepare/prepare_run.ts";
import { type RunConfig, RunFolder } from "./run_folder.ts";
import type { RunOptions } from "./run_options.ts";
import type { TrainRequest } from "./train_request.ts";
import type { TrainSummary } from "./train_summary.ts";
import { expectPrecision } from "./training/expect_precision.ts";
import { expectRoom } from "./training/memory.ts";
import { engineOf, train } from "./training/train.ts";
import { writeInputs } from "./training/write_inputs.ts";

/**
 * Trains a new run into a folder.
 *
 * @throws MetrogradError in one sentence; nothing is left in the folder when the data cannot be used
 */
export async function trainRun(request: TrainRequest, options: RunOptions): Promise<TrainSummary> {
  return await trainConfig(configOf(request), request.out, options);
}

/** Trains a new run by its config. @throws MetrogradError as `trainRun` does */
export async function trainConfig(given: RunConfig, out: string, options: RunOptions): Promise<TrainSummary> {
  const config = withHistograms(given, options);
  await using engine = engineOf(options);
  await expectPrecision(engine, config.settings);
  const folder = new RunFolder(out), force = options.force ?? false;
  // Refused before anything is written there.
  await holdsRun(folder, force);
  using lock = await FolderLock.take(out);
  const replaces = await holdsRun(folder, force);
  await removePartialFiles(out);
  const prepared = await fillFolder(out, async () => {
    // Written before the data is read, so that a run that is killed at any moment can be resumed.
    if (!replaces) await folder.writeConfig(config, null);
    const prepared = await prepareRun(config, options.reporter, { ...options, engine });
    await expectRoom(config, widthsOf(prepared.inputs), engine);
    // A run is replaced only by one whose data can be used.
    if (replaces) await folder.clear();
    await writeInputs(folder, config, prepared, engine);
    return prepared;
  });
  return await train({ folder, lock, config, prepared, engine }, options);
}

/**
 * True when the folder holds a run that is to be replaced, false when it is free.
 *
 * @throws UsageError when it is neither
 */
async function holdsRun(folder: RunFolder, force: boolean): Promise<boolean> {
  const found = await whatIsAt(folder.path);
  if (found === "file") throw new UsageError(`${folder.path} is a file; a folder is expected.`);
  if (found === "nothing") return false;
  if (!force) throw new UsageError(`${folder.path} exists already; name another folder, or add --force to replace it.`);
  if (await folder.isRun()) return true;
  throw new UsageError(`${folder.path} holds something else than a run; it is not replaced.`);
}
