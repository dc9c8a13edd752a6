import { Engine } from "../engine/engine.ts";
import { GradScaler } from "../engine/optim/grad_scaler.ts";
import { UsageError } from "../kernels/errors.ts";
import type { Model } from "./model.ts";
import type { Settings } from "./settings/shared.ts";

/** How the products of a training step are computed; settings can name them. */
export const precisions = ["f32", "mixed"] as const;

/**
 * Below it a loss is not scaled: no gradient but one that is truly NaN or infinite overflows f16 at 1/16384 of its size.
 */
export const smallestLossScale = 2 ** -14;

/** What scales a model's losses in mixed precision; null where it trains in f32, or without steps. */
export function makeScaler(engine: Engine, { recipe, settings }: Model): GradScaler | null {
  return settings.training.precision === "mixed" && !recipe.fitted?.(settings) ? new GradScaler(engine) : null;
}

/**
 * Refuses mixed precision where the adapter cannot do it, before anything is done for the trainings.
 *
 * @throws UsageError naming the adapter
 */
export async function expectPrecision(...trainings: readonly Settings[]): Promise<void> {
  if (trainings.every(({ training }) => training.precision === "f32")) return;
  await using engine = await Engine.open();
  if (engine.capabilities.shaderF16) return;
  throw new UsageError(
    `training.precision is "mixed", which needs an adapter with shader-f16; ${engine.adapterDescription} lacks it, so ` +
      "that f32 is expected here.",
  );
}
