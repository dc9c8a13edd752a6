import { resolve } from "node:path";
import { absolutePaths } from "../data/files/data_paths.ts";
import { absoluteEncoderName } from "../encoders/open_encoder.ts";
import { recipeNamed, recipes, registerRecipe, settingsOf } from "../recipes/registry.ts";
import type { RunConfig } from "./run_folder.ts";
import type { RunOptions } from "./run_options.ts";
import type { TrainRequest } from "./train_request.ts";

/** Everything that repeats a run: its settings in full, its files by absolute paths. @throws UsageError */
export function configOf(
  { recipe, settings: given, files, maxRows, histograms }: Omit<TrainRequest, "out"> & Pick<RunConfig, "histograms">,
): RunConfig {
  if (typeof recipe !== "string" && !recipes.includes(recipe)) registerRecipe(recipe);
  const name = typeof recipe === "string" ? recipe : recipe.name;
  const settings = settingsOf(recipeNamed(name), given);
  const { augmentation, augmentation: { languageModel: { replies }, rows }, features } = settings;
  const absolute = (path: string | null) => path === null ? null : resolve(path);
  return {
    recipe: name,
    settings: {
      ...settings,
      augmentation: { ...augmentation, languageModel: { replies: absolute(replies) }, rows: absolute(rows) },
      features: { ...features, encoder: absoluteEncoderName(features.encoder) },
    },
    files: files && {
      ...files,
      data: absolutePaths(files.data),
      metricNames: absolute(files.metricNames),
      metricEmbeddings: absolute(files.metricEmbeddings),
      ...(files.metricDefinitions ? { metricDefinitions: resolve(files.metricDefinitions) } : {}),
      embeddings: absolute(files.embeddings),
    },
    maxRows,
    ...(histograms && { histograms }),
  };
}

/** The settings of a run in sections, with its recipe and its data. */
export function describeConfig({ recipe, settings, files, maxRows }: RunConfig): object {
  return { recipe, ...settings, files: files ?? "the built-in sample set", maxRows };
}

/** A config that remembers that histograms are asked for, so that work that is taken up again goes on with them. */
export function withHistograms<Config extends Pick<RunConfig, "histograms">>(
  config: Config,
  { histograms }: Pick<RunOptions, "histograms">,
): Config {
  return histograms ? { ...config, histograms } : config;
}
