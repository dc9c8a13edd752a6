import type { Engine } from "../../engine/engine.ts";
import type { Module } from "../../engine/nn/module.ts";
import { BatchSource } from "./batch.ts";
import type { Model } from "../model.ts";
import { computeRows } from "./predict_rows.ts";
import type { Phase } from "../../data/observer.ts";
import type { Recipe, TrainRows } from "../recipe.ts";
import type { Settings } from "../settings/shared.ts";
import type { FeatureTables, LabelledRows } from "../../data/pairs/feature_tables.ts";

/** True where a recipe has something to fit to rows in closed form. */
export function isRefitted(recipe: Recipe, settings: Settings): boolean {
  return recipe.refit !== undefined && (recipe.refits?.(settings) ?? recipe.fitted?.(settings) ?? true);
}

/**
 * True where that is fitted once more, to train and validation rows together, after the run was measured. Not where the
 * validation rows are a fold: no model is to know anything of the fold that it is there to be scored by.
 */
export function isRefittedToAll(recipe: Recipe, settings: Settings): boolean {
  return settings.training.refit === "all" && settings.data.folds === 0 && isRefitted(recipe, settings);
}

/** Rows as a recipe is fitted to them. */
export function trainRowsOf(
  engine: Engine,
  network: Module,
  source: BatchSource,
  { tables, rows }: { readonly tables: FeatureTables; readonly rows: LabelledRows },
  phase: Phase,
): TrainRows {
  return {
    phase,
    engine,
    tables,
    rows,
    compute: async (of) => (await computeRows(engine, network, source, rows, (batch) => [of(batch)]))[0]!,
  };
}

/** Fits to rows what a recipe does not learn step by step. */
export async function refit(
  engine: Engine,
  { recipe, network, settings }: Model,
  tables: FeatureTables,
  rows: LabelledRows,
  phase: Phase,
): Promise<void> {
  const source = new BatchSource(engine, tables);
  try {
    await recipe.refit!(network, trainRowsOf(engine, network, source, { tables, rows }, phase), settings);
  } finally {
    source.dispose();
  }
}
