import { callOf } from "../../data/files/called_as.ts";
import type { Settings } from "../../recipes/settings/shared.ts";

/** RMSE of a run and of the two predictors that it has to beat. */
export interface BesideBaselines {
  readonly rmse: number;
  readonly constant: number;
  readonly ridge: number | null;
}

/** What in a run's training gives up accuracy on plain rows for others. */
export interface Trades {
  /** Sample weights. */
  readonly weights: boolean;
  /** Metric-swap negatives. */
  readonly negatives: boolean;
}

/** What some settings ask for: those of a run, or of each member of an ensemble. */
export function tradesOf(settings: readonly Pick<Settings, "weights" | "augmentation">[]): Trades {
  return {
    weights: settings.some(({ weights }) => weights.kind !== "none"),
    negatives: settings.some(({ augmentation }) => augmentation.metricSwap.share > 0),
  };
}

/**
 * What to say of figures on plain held-out rows that a simple predictor reaches too; null where none does.
 *
 * @param trades what may be turned off
 */
export function baselineAdvice(
  { rmse, constant, ridge }: BesideBaselines,
  { weights, negatives }: Trades,
): string | null {
  const ahead = [
    ...(constant <= rmse ? [`the constant predictor (${constant.toFixed(3)})`] : []),
    ...(ridge !== null && ridge <= rmse ? [`ridge regression (${ridge.toFixed(3)})`] : []),
  ];
  if (ahead.length === 0) return null;
  const verb = ahead.length === 1 ? "does" : "do";
  const what = [...weights ? ["sample weights"] : [], ...negatives ? ["metric-swap negatives"] : []];
  const off = [...weights ? ["--weights none"] : [], ...negatives ? ["--negatives 0"] : []];
  return `On held-out rows ${ahead.join(" and ")} ${verb} as well as this model (RMSE ${rmse.toFixed(3)}) or better. ` +
    (what.length > 0
      ? `Its ${what.join(" and ")} trade accuracy there for rows whose metric does not fit; ` +
        `${off.join(" ")} turns ${what.length > 1 ? "both" : "them"} off.`
      : `Other recipes (${callOf("recipes")}) or a pretrained encoder (--encoder) may do better.`);
}
