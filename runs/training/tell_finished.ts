import type { Observer } from "../../data/observer.ts";
import { recipeNamed } from "../../recipes/registry.ts";
import { readHistory } from "../results/history.ts";
import type { RunConfig, RunFolder } from "../run_folder.ts";

/** Tells of a run that was done before, such as a fold of work that is taken up, as of a training with no epoch left. */
export async function tellFinished(
  folder: RunFolder,
  { recipe, settings }: RunConfig,
  reporter: Observer,
): Promise<void> {
  const history = await readHistory(folder.history), fitted = recipeNamed(recipe).fitted?.(settings) ?? false;
  const epochs = fitted ? 1 : settings.training.epochs;
  reporter.start?.({ epochs, epochsDone: history.length, fitted, history });
  reporter.end?.();
}
