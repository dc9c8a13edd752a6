import type { SharedEngine } from "../../encoders/shared_engine.ts";
import { UsageError } from "../../kernels/errors.ts";
import type { Settings } from "../../recipes/settings/shared.ts";

/**
 * Refuses mixed precision where the adapter cannot do it, before anything is done for the trainings.
 *
 * @param shared opened only where a setting asks for mixed precision
 * @throws UsageError naming the adapter
 */
export async function expectPrecision(shared: SharedEngine, ...trainings: readonly Settings[]): Promise<void> {
  if (trainings.every(({ training }) => training.precision === "f32")) return;
  const engine = await shared.open();
  if (engine.capabilities.shaderF16) return;
  throw new UsageError(
    `training.precision is "mixed", which needs an adapter with shader-f16; ${engine.adapterDescription} lacks it, so ` +
      "that f32 is expected here.",
  );
}
