import { ensembleName, ensembleSummary, ensembleTable } from "../../runs/ensemble/config.ts";
import { recipeNamed, recipes as all } from "../../recipes/registry.ts";
import { describeSettings, type SettingDescription } from "../../recipes/settings/describe.ts";
import { sharedTable } from "../../recipes/settings/shared.ts";
import type { Table } from "../../recipes/settings/table.ts";
import { command } from "../command.ts";
import { type Terminal, wrapped } from "../output/terminal.ts";

/** What `recipes` is asked for. */
export interface RecipesCall {
  /** The recipe whose settings are shown; null for a list of all recipes. */
  readonly name: string | null;
  /** Prints the table of settings as the docs have it: those of a recipe that others do not share, or the shared ones. */
  readonly markdown: boolean;
}

/** An ensemble has settings of its own and is listed among the recipes, but it trains them. */
const ensemble = { name: ensembleName, summary: ensembleSummary, table: ensembleTable };

/** `recipes`: lists the recipes, or the settings of one. */
export function recipesCommand(act: (call: RecipesCall) => Promise<void>) {
  return command("recipes", "List what can be trained, or the settings of one recipe.", [
    ["recipes", "All recipes, a line each"],
    ["recipes bilinear", "Every setting of one, with its default"],
  ])
    .argument("[name]", "a recipe")
    .option("--markdown", "print the table that the docs have")
    .action((name, { markdown }) => act({ name: name ?? null, markdown: markdown ?? false }));
}

export function recipes({ name, markdown }: RecipesCall, terminal: Terminal): Promise<void> {
  const recipe = name === null ? null : name === ensembleName ? ensemble : recipeNamed(name);
  if (markdown) {
    terminal.print(markdownTable(recipe ? ownSettings(recipe.table) : describeSettings(sharedTable)));
  } else if (recipe) {
    terminal.note(`${recipe.name}: ${recipe.summary}\n`);
    const rows = describeSettings(recipe.table).map(({ path, default: initial, values, doc }) =>
      `${path} = ${initial}\n${indented(`${doc} (${values})`)}`
    );
    terminal.print(rows.join("\n"));
  } else {
    terminal.print([...all, ensemble].map(({ name, summary }) => `${name}\n${indented(summary)}`).join("\n"));
  }
  return Promise.resolve();
}

/** A text below what it is of, in lines that 80 columns hold. */
const indented = (text: string) => wrapped(text, 76).replaceAll(/^/gm, "    ");

/** The settings of a recipe that others lack or have another default of. */
export function ownSettings(table: Table): SettingDescription[] {
  const shared = new Map(describeSettings(sharedTable).map((setting) => [setting.path, setting.default]));
  return describeSettings(table).filter((setting) => shared.get(setting.path) !== setting.default);
}

function markdownTable(rows: readonly SettingDescription[]): string {
  const cells = rows.map((row) => [`\`${row.path}\``, row.default, row.values, row.doc]);
  const head = ["setting", "default", "values", "what it is"];
  return [head, head.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
