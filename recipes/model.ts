import type { Engine } from "../engine/engine.ts";
import type { Module } from "../engine/nn/module.ts";
import { Philox } from "../kernels/philox.ts";
import type { Recipe, Widths } from "./recipe.ts";
import type { Settings } from "./settings/shared.ts";

/** A recipe's network beside the settings that it was made by. */
export interface Model {
  /** How it is trained and how it scores. */
  readonly recipe: Recipe;
  /** What it was made by. */
  readonly settings: Settings;
  /** Its parameters. */
  readonly network: Module;
}

const weightsStream = 0x1417;

/** Makes the network of a recipe, with first values drawn from its seed. */
export function makeModel(engine: Engine, recipe: Recipe, settings: Settings, widths: Widths): Model {
  const random = new Philox(settings.training.seed, weightsStream);
  return { recipe, settings, network: recipe.build(settings, widths, { engine, random }) };
}
