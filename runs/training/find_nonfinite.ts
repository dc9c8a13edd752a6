import type { Engine } from "../../engine/engine.ts";
import { DeviceError, DeviceLostError } from "../../kernels/errors.ts";
import { counted } from "../../data/texts/counted.ts";
import { readCheckpoint } from "../../recipes/training/checkpoint.ts";
import { GradientError } from "../../recipes/training/gradient_error.ts";
import { restoreKept } from "../../recipes/training/kept_checkpoints.ts";
import { makeModel } from "../../recipes/model.ts";
import type { PreparedRun } from "../prepare/prepared_run.ts";
import type { Observer } from "../../data/observer.ts";
import { recipeNamed } from "../../recipes/registry.ts";
import type { RunConfig, RunFolder } from "../run_folder.ts";
import { widthsOf } from "../../scoring/model_scorer.ts";
import { Trainer } from "../../recipes/training/trainer.ts";

/** A run whose gradient is not finite at some step of the epoch after its last checkpoint. */
export interface FaultyRun {
  readonly engine: Engine;
  readonly folder: RunFolder;
  readonly config: RunConfig;
  readonly prepared: PreparedRun;
}

/** Tells a reporter of the steps that are left out for their gradients: of the first with the tensor, then by epochs. */
export class LeftOutSteps {
  readonly #run: FaultyRun;
  readonly #reporter: Observer;
  #named = false;
  #steps = 0;

  constructor(run: FaultyRun, reporter: Observer) {
    this.#run = run;
    this.#reporter = reporter;
  }

  /** A step was left out. */
  async add(error: GradientError): Promise<void> {
    this.#steps++;
    // Once a run: it costs up to an epoch.
    if (this.#named) return;
    this.#named = true;
    this.#reporter.warn?.(`${(await withTensor(error, this.#run)).message} The step is left out.`);
  }

  /** An epoch is done. */
  endEpoch(epoch: number): void {
    if (this.#steps === 0) return;
    const steps = counted(this.#steps, "step");
    this.#reporter.warn?.(`Epoch ${epoch}: ${steps} left out for a gradient that is not finite.`);
    this.#steps = 0;
  }
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
