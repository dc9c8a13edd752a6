import { join } from "node:path";
import { readJsonValue } from "../../data/files/json_value.ts";
import { writeAtomically } from "../../engine/files/files.ts";
import { DataError } from "../../kernels/errors.ts";
import { configOf } from "../configure.ts";
import { type EnsembleConfig, ensembleConfigOf } from "../ensemble/config.ts";
import type { RunConfig } from "../run_folder.ts";

/** Folds and what is trained for each. */
export interface FoldsConfig {
  /** How many. */
  readonly folds: number;
  /** Settings of all; the number of the fold is 0 there. */
  readonly config: RunConfig | EnsembleConfig;
}

const format = "metrograd folds 1";
const configFile = "folds.json";

/** True when a folder holds folds, whole or begun. */
export async function holdsFolds(path: string): Promise<boolean> {
  return await Deno.stat(join(path, configFile)).then(() => true, () => false);
}

/** What folds a folder holds, and of what. @throws DataError when it holds none, or their config is damaged */
export async function readFolds(path: string): Promise<FoldsConfig> {
  const file = join(path, configFile);
  const { value } = await readJsonValue(file, "the config of folds");
  const content = (value ?? {}) as Partial<FoldsConfig> & { readonly format?: unknown };
  const { folds, config } = content;
  if (content.format !== format || folds === undefined || config === undefined) {
    throw new DataError(`${file} is not the config of folds: "format" is not "${format}".`);
  }
  return { folds, config: "members" in config ? ensembleConfigOf(config) : configOf(config) };
}

/** The folder of each fold. */
export function foldPaths(path: string, folds: number): string[] {
  return Array.from({ length: folds }, (_, fold) => join(path, `fold-${fold}`));
}

/** The predictions of all folds together. */
export function outOfFold(path: string): string {
  return join(path, "out-of-fold.csv");
}

/** Writes what folds a folder holds, so that work that is killed can be resumed. */
export async function writeFolds(path: string, content: FoldsConfig): Promise<void> {
  await writeAtomically(join(path, configFile), JSON.stringify({ format, ...content }, null, 2) + "\n");
}
