import { type DeviceMemory, deviceMemory } from "../../engine/device/memory.ts";
import type { SharedEngine } from "../../encoders/shared_engine.ts";
import { elementCount } from "../../engine/tensors/storage.ts";
import { MetrogradError } from "../../kernels/errors.ts";
import { momentsKept, type OptimizerSettings } from "../../recipes/training/optimizers.ts";
import type { LargestWeight, Widths } from "../../recipes/recipe.ts";
import { recipeNamed, settingsOf } from "../../recipes/registry.ts";
import type { RunConfig } from "../run_folder.ts";

/**
 * Refuses a training whose largest weight is more than the machine holds, before anything is done for it.
 *
 * @param shared opened only where the recipe has such a weight
 * @throws MetrogradError with what is needed and what there is
 */
export async function expectRoom(
  { recipe: name, settings: given }: RunConfig,
  widths: Widths,
  shared: SharedEngine,
): Promise<void> {
  const recipe = recipeNamed(name), settings = settingsOf(recipe, given);
  const largest = recipe.largest?.(settings, widths);
  if (!largest) return;
  const engine = await shared.open();
  const memory = deviceMemory(engine.opened.adapter);
  if (memory) expectFits(largest, settings.optimizer, memory);
}

/** Throws as `expectRoom` does. */
export function expectFits(
  { what, shape, instead }: LargestWeight,
  optimizer: OptimizerSettings,
  { free, total }: DeviceMemory,
): void {
  const weight = 4 * elementCount(shape), moments = momentsKept(optimizer) * weight;
  if (weight + moments <= free) return;
  throw new MetrogradError(
    `${what} of ${shape.join(" x ")} needs ${gigabytes(weight + moments)}: ${gigabytes(weight)} of weights and ` +
      `${gigabytes(moments)} that ${optimizer.name} keeps of them (its gradient takes next to nothing); ` +
      `${gigabytes(free)} of this machine's ${gigabytes(total)} are free. --set ${instead} does without it.`,
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
