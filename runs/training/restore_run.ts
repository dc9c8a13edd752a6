import { DataError, DeviceLostError, MetrogradError } from "../../kernels/errors.ts";
import { readCheckpoint } from "../../recipes/training/checkpoint.ts";
import { GradientError } from "../../recipes/training/gradient_error.ts";
import { keepHistory } from "../results/history.ts";
import type { EpochFigures, Observer } from "../../data/observer.ts";
import { keepJsonLines } from "../results/json_lines.ts";
import { restoreKept } from "../../recipes/training/kept_checkpoints.ts";
import type { RunFolder } from "../run_folder.ts";
import type { Trainer } from "../../recipes/training/trainer.ts";

/** Takes the trainer to where the folder's checkpoint stands; the epochs that are done, null where there is no checkpoint. */
export async function restore(
  folder: RunFolder,
  trainer: Trainer,
  fingerprint: string,
  reporter: Observer,
): Promise<EpochFigures[] | null> {
  const restored = await restoreKept(
    folder.checkpoint,
    (path) =>
      readCheckpoint(path, async (checkpoint) => {
        if (checkpoint.fingerprint === fingerprint) return await trainer.restore(checkpoint, path);
        throw new DataError(`${path} is of other data or settings than those of ${folder.path} now.`);
      }),
    (sentence) => reporter.warn?.(sentence),
  );
  if (!restored) {
    for (const path of [folder.history, folder.timings]) await Deno.remove(path).catch(() => {});
    return null;
  }
  const { epoch, batch } = trainer.position;
  const { recipe, settings } = trainer.model;
  reporter.note?.(
    recipe.fitted?.(settings)
      ? `Going on ${epoch > 0 ? "with the fitted model" : "with the fit"}.`
      : `Going on after epoch ${epoch}${batch > 0 ? ` and ${batch} batches` : ""}.`,
  );
  await keepJsonLines(folder.timings, epoch);
  return await keepHistory(folder.history, epoch);
}

/** Adds to the message of a failed training where it can be taken up again. */
export function withWayOn(error: unknown, folder: RunFolder, epochs: number): unknown {
  // What was lost with a device is done again.
  if (!(error instanceof MetrogradError) || error instanceof DeviceLostError) return error;
  const last = epochs > 0 ? `The last good checkpoint is epoch ${epochs}` : "There is no checkpoint yet";
  const lower = error instanceof GradientError ? ` --set optimizer.lr=${lowerRate(error.fault.learningRate)}` : "";
  return new MetrogradError(`${error.message} ${last}: train --resume ${folder.path}${lower}`, { cause: error });
}

/** A tenth of a learning rate, as a command line has it. */
function lowerRate(rate: number): string {
  return String(Number((rate / 10).toPrecision(2)));
}
