import type { NoteTaker } from "../../data/note_taker.ts";
import type { MetricRecord } from "../../data/records.ts";
import { counted } from "../../data/texts/counted.ts";
import { MetrogradError, UsageError } from "../../kernels/errors.ts";
import { recipeNamed, recipes } from "../../recipes/registry.ts";
import type { Settings } from "../../recipes/settings/shared.ts";
import type { RunConfig } from "../run_folder.ts";

/**
 * The settings of a run that learns from answers of which one was preferred to another. What is made of scores, such as
 * weights and rows with a metric that does not fit, is left out: there are none to go by.
 *
 * @throws UsageError when the recipe cannot learn from them, MetrogradError when some records have scores instead
 */
export function settingsForPairs(
  { recipe, settings }: RunConfig,
  records: readonly MetricRecord[],
  onNote: NoteTaker,
): Settings {
  if (!recipeNamed(recipe).preferences) {
    const able = recipes.filter(({ preferences }) => preferences).map(({ name }) => name);
    throw new UsageError(
      `${recipe} learns from scores, not from pairs of a chosen and a rejected response; ` +
        `--recipe ${able.join(" or ")} is expected.`,
    );
  }
  const { augmentation } = settings;
  if (augmentation.rows !== null) {
    throw new UsageError(
      `${augmentation.rows} has rows with scores, which cannot be added to pairs of a chosen and a rejected response.`,
    );
  }
  const scored = records.filter(({ pair }) => pair === undefined).length;
  if (scored > 0) {
    throw new MetrogradError(
      `Of ${records.length} records ${scored} have scores and the others are pairs; one of the two is expected.`,
    );
  }
  onNote(
    `${
      counted(records.filter(({ pair }) => pair!.chosen).length, "pair")
    } of responses: scores are learnt from which of two ` +
      "was chosen, so that their difference is the log odds of it.",
  );
  const off = { share: 0, count: null };
  return {
    ...settings,
    fit: { ...settings.fit, name: "none" },
    weights: { ...settings.weights, kind: "none" },
    augmentation: {
      ...augmentation,
      metricSwap: { ...augmentation.metricSwap, share: 0 },
      opposite: { ...augmentation.opposite, share: 0 },
      substitutable: { ...augmentation.substitutable, share: 0 },
      targeted: {
        low: { ...augmentation.targeted.low, ...off },
        mid: { ...augmentation.targeted.mid, ...off },
      },
      misaligned: { ...augmentation.misaligned, ...off },
      resample: { ...augmentation.resample, share: 0 },
      smoothing: { ...augmentation.smoothing, share: 0 },
    },
  };
}
