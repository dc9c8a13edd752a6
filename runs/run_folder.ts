import { join } from "node:path";
import { listFolderOrExplain, lockName, writeAtomically } from "../engine/files/files.ts";
import { DataError } from "../kernels/errors.ts";
import { readJsonValue } from "../data/files/json_value.ts";
import { isRunInputs, type RunInputs } from "../scoring/run_inputs.ts";
import { previousCheckpoint } from "../recipes/training/kept_checkpoints.ts";
import { recipeNamed, settingsOf } from "../recipes/registry.ts";
import type { Settings } from "../recipes/settings/shared.ts";
import { expectDeno } from "./training/expect_deno.ts";
import { isMaxRows, isTrainFiles, type TrainFiles } from "./train_request.ts";

const format = "metrograd run 2";

/** Everything needed to repeat a run: its settings and its data. */
export interface RunConfig {
  /** Name of the recipe. */
  readonly recipe: string;
  /** All of its settings. */
  readonly settings: Settings;
  /** Null for the built-in sample set. Paths are absolute. */
  readonly files: TrainFiles | null;
  /** Only the first records; null for all. */
  readonly maxRows: number | null;
  /** Whether its shaders read from textures: a run goes on as it began. Known once its device was opened. */
  readonly textureReads?: boolean;
  /** Whether its event file has histograms. */
  readonly histograms?: true;
}

const isFormat = (found: unknown) => typeof found === "string" && found.startsWith("metrograd run ");

/** The files of a run. */
export class RunFolder {
  constructor(readonly path: string) {}

  readonly #file = (name: string) => join(this.path, name);

  readonly config = this.#file("config.json");
  readonly model = this.#file("model.safetensors");
  /** The newest checkpoint; the one before it is kept beside it. */
  readonly checkpoint = this.#file("checkpoint.safetensors");
  readonly encoder = this.#file("encoder.safetensors");
  /** What tells records whose metric does not fit, where the run has a fit model. */
  readonly fit = this.#file("fit.safetensors");
  /** What the fit model says of the held-out rows; written when a run with one is finished. */
  readonly evidence = this.#file("evidence.csv");
  /** How frequent words are in the train texts, and what their spelling is projected to. */
  readonly lexical = this.#file("lexical.safetensors");
  /** Figures of each epoch that is done, a line each. */
  readonly history = this.#file("metrics.jsonl");
  readonly timings = this.#file("timings.jsonl");
  readonly curves = this.#file("curves.svg");
  /** Predictions of the validation rows; written when the run is finished. */
  readonly validation = this.#file("validation.csv");
  /** Predictions of the same rows with a metric that does not fit; written when the run is finished. */
  readonly mismatched = this.#file("mismatched.csv");
  /** Class probabilities of the validation rows, [rows, 11]; written when the run is finished. */
  readonly validationClasses = this.#file("validation_classes.npy");
  /** The same of the rows with a metric that does not fit. */
  readonly mismatchedClasses = this.#file("mismatched_classes.npy");
  /** How class probabilities are calibrated, and what each way to allow for shift does; written when the run is finished. */
  readonly shift = this.#file("shift.json");
  /** The held-out rows under each of them; written when the run is finished. */
  readonly shifted = this.#file("shifted.csv");
  /** RMSE and the like on each set, beside the baselines'; written when the run is finished. */
  readonly figures = this.#file("figures.json");
  /** Ridge regression on the run's inputs; written when the run is finished. */
  readonly ridge = this.#file("ridge.safetensors");
  /** Predicted against true scores of the held-out rows; written when the run is finished. */
  readonly predicted = this.#file("predicted.svg");
  /** What a recipe that chooses has chosen; written when the run is finished. */
  readonly choice = this.#file("choice.json");
  /** Weights of the directions that a recipe composes metrics of; written when the run is finished. */
  readonly directions = this.#file("directions.json");
  readonly readme = this.#file("README.md");
  /** What the run was finished on; written then. */
  readonly environment = this.#file("environment.json");
  /** The sample set, where the run was trained on it. */
  readonly sample = this.#file("sample");

  async writeConfig(config: RunConfig, inputs: RunInputs | null): Promise<void> {
    await writeAtomically(this.config, JSON.stringify({ format, ...config, inputs }, null, 2) + "\n");
  }

  /** @throws DataError when the folder holds no run, one of another version, or its config is damaged */
  async readConfig(): Promise<{ config: RunConfig; inputs: RunInputs | null }> {
    expectDeno();
    const content = await this.#readJson();
    if (content.format !== format) {
      throw new DataError(
        isFormat(content.format)
          ? `${this.path} is a run of another version: "${content.format}" instead of "${format}"; train it again.`
          : `${this.config} is not the config of a run: "format" is not "${format}".`,
      );
    }
    const { recipe, settings, files, maxRows, textureReads, histograms, inputs } = content as unknown as RunConfig & {
      inputs: RunInputs | null;
    };
    const isWhole = typeof recipe === "string" && typeof settings === "object" && settings !== null &&
      (files === null || isTrainFiles(files)) && isMaxRows(maxRows) &&
      (textureReads === undefined || typeof textureReads === "boolean") &&
      (histograms === undefined || histograms === true) && (inputs === null || isRunInputs(inputs));
    if (!isWhole) {
      throw new DataError(
        `${this.config} is damaged: "recipe", "settings", "files", "maxRows", "textureReads", "histograms" and "inputs" are not as they were written.`,
      );
    }
    try {
      return {
        config: {
          ...{ recipe, settings: settingsOf(recipeNamed(recipe), settings), files, maxRows },
          ...(textureReads === undefined ? {} : { textureReads }),
          ...(histograms && { histograms }),
        },
        // Runs of before there was a refit do not say how many rows it takes.
        inputs: inputs && { ...inputs, fittedRows: inputs.fittedRows ?? inputs.trainRows },
      };
    } catch (error) {
      throw new DataError(`${this.config} is damaged: ${(error as Error).message}`, { cause: error });
    }
  }

  async #readJson(): Promise<Readonly<Record<string, unknown>>> {
    const { value } = await readJsonValue(this.config, "the config of a run");
    return (value ?? {}) as Readonly<Record<string, unknown>>;
  }

  /** True when this is a run's folder, also one of another version, which `--force` may replace. */
  async isRun(): Promise<boolean> {
    return await this.#readJson().then(({ format }) => isFormat(format), () => false);
  }

  /** True when its run is done: its validation rows are predicted last of all. */
  async isFinished(): Promise<boolean> {
    return await Deno.stat(this.validation).then(() => true, () => false);
  }

  /** Removes everything but the config, the checkpoints first: killed meanwhile, a run is left that can begin again. */
  async clear(): Promise<void> {
    for (const path of [previousCheckpoint(this.checkpoint), this.checkpoint]) await Deno.remove(path).catch(() => {});
    for (const name of await listFolderOrExplain(this.path, "the folder of a run")) {
      if (name !== "config.json" && name !== lockName) await Deno.remove(this.#file(name), { recursive: true });
    }
  }
}
