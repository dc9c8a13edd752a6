import { resolve } from "node:path";
import { absolutePaths } from "../data/files/data_paths.ts";
import { absoluteEncoderName } from "../encoders/open_encoder.ts";
import { recipeNamed, recipes, registerRecipe, settingsOf } from "../recipes/registry.ts";
import type { RunConfig } from "./run_folder.ts";
import type { TrainRequest } from "./train_request.ts";

/** Everything that repeats a run: its settings in full, its files by absolute paths. @throws UsageError */
export function configOf({ recipe, settings: given, files, maxRows }: Omit<TrainRequest, "out">): RunConfig {
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
  };
}
