import { recipeNamed, settingsOf } from "../../recipes/registry.ts";
import { leaves, resolve } from "../../recipes/settings/table.ts";
import { ensembleName, ensembleTable } from "../../runs/ensemble/config.ts";
import { describeMember } from "../../runs/ensemble/members.ts";
import { counted } from "../numbers.ts";
import type { Section } from "../section.ts";
import { table } from "../table.ts";
import { isRunConfig } from "./reported_run.ts";
import type { ShownRun } from "./shown_run.ts";

/** How the runs' configurations differ; of a single run how it differs from the defaults of its recipe. */
export function configSection(runs: readonly ShownRun[]): Section {
  const configs = runs.map(wordsOf);
  const paths = [...new Set(configs.flatMap((words) => [...words.keys()]))];
  const cells = (path: string) => configs.map((words) => words.get(path) ?? null);
  const several = runs.length > 1;
  const standard = several ? new Map<string, string>() : defaultsOf(runs[0]!);
  const differing = paths.filter((path) =>
    several ? new Set(cells(path)).size > 1 : standard.has(path) && standard.get(path) !== configs[0]!.get(path)
  );
  return {
    id: "configuration",
    title: several ? "Differences of configuration" : "Configuration",
    text: several
      ? differing.length === 0
        ? "All settings are the same."
        : `${counted(differing.length, "setting")} of ${paths.length} ${differing.length === 1 ? "differs" : "differ"}.`
      : `${counted(differing.length, "setting")} of ${paths.length} ${
        differing.length === 1 ? "differs" : "differ"
      } from the defaults.`,
    figures: [],
    tables: [
      table(
        "differences",
        several ? "Settings that differ" : "Settings that differ from the defaults",
        ["setting", ...(several ? runs.map(({ label }) => label) : ["value", "default"])],
        differing.map((path) => [path, ...cells(path), ...(several ? [] : [standard.get(path)!])]),
        { shown: 200 },
      ),
      table(
        "settings",
        "Every setting",
        ["setting", ...(several ? runs.map(({ label }) => label) : ["value"])],
        paths.map((path) => [path, ...cells(path)]),
        { shown: 300 },
      ),
    ].filter(({ rows }) => rows.length > 0),
  };
}

const word = (value: unknown) => Array.isArray(value) ? value.join(", ") : String(value);

/** All that a run was configured by, as words by path. */
function wordsOf({ trained: { config, folds } }: ShownRun): Map<string, string> {
  const { files, maxRows, settings } = config;
  return new Map([
    ["recipe", isRunConfig(config) ? config.recipe : ensembleName],
    ...(isRunConfig(config) ? [] : config.members.map((member, i) => [`member ${i + 1}`, describeMember(member)])),
    ["folds", String(folds ?? "none")],
    ...leaves(files ?? { data: "the built-in sample set" }).map(([path, value]) => [`files.${path}`, word(value)]),
    ["records", maxRows === null ? "all" : `the first ${maxRows}`],
    ...leaves(settings).map(([path, value]) => [path, word(value)]),
  ] as [string, string][]);
}

/** The defaults of a run's settings. */
function defaultsOf({ trained: { config } }: ShownRun): Map<string, string> {
  const settings = isRunConfig(config) ? settingsOf(recipeNamed(config.recipe)) : resolve(ensembleTable, {});
  return new Map(leaves(settings).map(([path, value]) => [path, word(value)]));
}
