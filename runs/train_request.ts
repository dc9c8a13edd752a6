import { type DataPaths, isDataPaths } from "../data/files/data_paths.ts";
import { isReading, type Reading } from "../data/reading.ts";
import type { Recipe } from "../recipes/recipe.ts";
import type { GivenSettings } from "../recipes/settings/shared.ts";

/** Files to train on. */
export interface TrainFiles {
  /** Records with scores: a file, a folder of files, `-` for standard input, or several of them. */
  readonly data: DataPaths;
  /** How they are read; absent where they are in the fields of a record. */
  readonly reading?: Reading;
  /** JSON file of the names of the metrics; null where definitions are given, or the names themselves are embedded. */
  readonly metricNames: string | null;
  /** `.npy` file with a row for each name; null where there are no names. */
  readonly metricEmbeddings: string | null;
  /** JSON file of a text for each metric's name, which the encoder embeds; null or absent where embeddings are given. */
  readonly metricDefinitions?: string | null;
  /** Folder of text embeddings; null for the built-in encoder. */
  readonly embeddings: string | null;
  /** Trains on what can be saved of a damaged file. */
  readonly recover: boolean;
  /** Bytes that a run may take: embeddings that are more are streamed from disk. All of the machine's where absent. */
  readonly memory?: number;
}

/** True for files as a config keeps them. */
export function isTrainFiles(value: unknown): value is TrainFiles {
  if (typeof value !== "object" || value === null) return false;
  const {
    data,
    reading = {},
    metricNames,
    metricEmbeddings,
    metricDefinitions = null,
    embeddings,
    recover,
    memory,
  } = value as Partial<TrainFiles>;
  return isDataPaths(data) && isReading(reading) && typeof recover === "boolean" &&
    (memory === undefined || (Number.isSafeInteger(memory) && memory > 0)) &&
    [metricNames, metricEmbeddings, metricDefinitions, embeddings].every((path) =>
      path === null || typeof path === "string"
    );
}

/** True for how many records a config takes: a count, or null for all. */
export function isMaxRows(value: unknown): value is number | null {
  return value === null || (Number.isSafeInteger(value) && (value as number) > 0);
}

/** A run to begin. */
export interface TrainRequest {
  /** Null for the built-in sample set. */
  readonly files: TrainFiles | null;
  /** What is trained: the name of a recipe, or a recipe of one's own, which is registered by its name. */
  readonly recipe: string | Recipe;
  /** Settings that differ from the recipe's defaults. */
  readonly settings: GivenSettings;
  /** Only the first records; null for all. */
  readonly maxRows: number | null;
  /** The run's folder. */
  readonly out: string;
}

/** A run to begin with a recipe of the registry, as a command line names it. */
export interface NamedRequest extends Omit<TrainRequest, "out"> {
  /** Name of the recipe. */
  readonly recipe: string;
}
