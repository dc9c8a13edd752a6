import type { Settings } from "../models/settings/shared.ts";

/** RMSE of a run and of the two predictors that it has to beat. */
export interface BesideBaselines {
  readonly rmse: number;
  readonly constant: number;
  readonly ridge: number | null;
}

/**
 * What to say of figures on plain held-out rows that a simple predictor reaches too; null where none does.
 *
 * @param settings those of the run, or of each member of an ensemble
 */
export function baselineAdvice(
  { rmse, constant, ridge }: BesideBaselines,
  settings: readonly Pick<Settings, "weights" | "augmentation">[],
): string | null {
  const ahead = [
    ...(constant <= rmse ? [`the constant predictor (${constant.toFixed(3)})`] : []),
    ...(ridge !== null && ridge <= rmse ? [`ridge regression (${ridge.toFixed(3)})`] : []),
  ];
  if (ahead.length === 0) return null;
  const verb = ahead.length === 1 ? "does" : "do";
  const weighted = settings.some(({ weights }) => weights.kind !== "none");
  const swapped = settings.some(({ augmentation }) => augmentation.metricSwap.share > 0);
  const what = [...weighted ? ["sample weights"] : [], ...swapped ? ["metric-swap negatives"] : []];
  const off = [...weighted ? ["--weights none"] : [], ...swapped ? ["--negatives 0"] : []];
  return `On held-out rows ${ahead.join(" and ")} ${verb} as well as this model (RMSE ${rmse.toFixed(3)}) or better. ` +
    (what.length > 0
      ? `Its ${what.join(" and ")} trade accuracy there for rows whose metric does not fit; ` +
        `${off.join(" ")} turns ${what.length > 1 ? "both" : "them"} off.`
      : "Other recipes (deno task recipes) or a pretrained encoder (--encoder) may do better.");
}
