import type { Engine } from "../engine/engine.ts";
import { DeviceError, DeviceLostError } from "../kernels/errors.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { GradientError } from "./gradient_error.ts";
import { restoreKept } from "./kept_checkpoints.ts";
import { makeModel } from "./model.ts";
import type { PreparedRun } from "./prepare.ts";
import { recipeNamed } from "./recipes.ts";
import type { RunConfig, RunFolder } from "./run_folder.ts";
import { widthsOf } from "./scorer.ts";
import { Trainer } from "./trainer.ts";

/** A run whose gradient is not finite at some step of the epoch after its last checkpoint. */
export interface FaultyRun {
  readonly engine: Engine;
  readonly folder: RunFolder;
  readonly config: RunConfig;
  readonly prepared: PreparedRun;
}

/**
 * Names the first tensor that is not finite in the step of an error: a second trainer goes from the last checkpoint to that
 * step, which comes to the same bits, and looks at all that the step computes.
 *
 * @returns the error with the tensor's name, or as it is where there is no memory for a second trainer
 */
export async function withTensor(
  error: GradientError,
  { engine, folder, config, prepared }: FaultyRun,
): Promise<GradientError> {
  try {
    const model = makeModel(engine, recipeNamed(config.recipe), config.settings, widthsOf(prepared.inputs));
    const trainer = new Trainer(engine, model, prepared.data);
    try {
      const restore = (path: string) => readCheckpoint(path, (checkpoint) => trainer.restore(checkpoint, path));
      if (!await restoreKept(folder.checkpoint, restore, () => {})) await trainer.start();
      return new GradientError({ ...error.fault, tensor: await trainer.inspect(error.fault.step) });
    } finally {
      trainer.dispose();
      model.network.dispose();
    }
  } catch (failure) {
    if (failure instanceof DeviceError && !(failure instanceof DeviceLostError)) return error;
    throw failure;
  }
}
