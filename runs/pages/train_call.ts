import { shellWord } from "../../data/files/shell_word.ts";
import { dataWords } from "../../data/reading.ts";
import { recipeNamed } from "../../recipes/registry.ts";
import { isStepSetting } from "../../recipes/settings/shared.ts";
import { changedSettings } from "../../recipes/settings/table.ts";
import { type EnsembleConfig, ensembleTable } from "../ensemble/config.ts";
import { describeMember } from "../ensemble/members.ts";
import type { RunConfig } from "../run_folder.ts";

/**
 * The call that makes a run, an ensemble or folds again, without "deno task": its data and the settings that differ from
 * the defaults.
 *
 * @param folds how many; null where there are none
 */
export function callOf(config: RunConfig | EnsembleConfig, out: string, folds: number | null = null): string {
  const { files, maxRows, histograms } = config;
  const paths = files
    ? [
      dataWords(files.data, files.reading),
      ...(files.metricDefinitions
        ? [`--metric-definitions ${shellWord(files.metricDefinitions)}`]
        : files.metricNames === null
        ? []
        : [
          `--metric-names ${shellWord(files.metricNames)}`,
          ...(files.metricEmbeddings === null ? [] : [`--metric-embeddings ${shellWord(files.metricEmbeddings)}`]),
        ]),
      ...(files.embeddings === null ? [] : [`--embeddings ${shellWord(files.embeddings)}`]),
      ...(files.recover ? ["--recover"] : []),
      ...(files.memory === undefined ? [] : [`--memory ${files.memory}B`]),
    ]
    : [];
  const rows = maxRows === null ? [] : [`--max-rows ${maxRows}`];
  const { trained, changed } = "members" in config ? ensembleWords(config) : runWords(config);
  // Folds are asked for by a word of their own.
  const settings = changed.filter(([path]) => folds === null || path !== "data.folds")
    .map(([path, word]) => `--set ${shellWord(`${path}=${word}`)}`);
  const parts = folds === null ? [] : [`--folds ${folds}`];
  const watched = histograms ? ["--histograms"] : [];
  return ["train", ...trained, ...paths, ...rows, ...settings, ...parts, ...watched, `--out ${shellWord(out)}`].join(
    " ",
  );
}

function runWords({ recipe, settings }: RunConfig) {
  const { table, fitted } = recipeNamed(recipe);
  const told = ([path]: readonly [path: string, word: string]) => !fitted?.(settings) || !isStepSetting(path);
  return { trained: [`--recipe ${recipe}`], changed: changedSettings(table, settings).filter(told) };
}

function ensembleWords({ members, settings }: EnsembleConfig) {
  return {
    trained: members.map((member) => `--member "${describeMember(member)}"`),
    changed: changedSettings(ensembleTable, settings),
  };
}
