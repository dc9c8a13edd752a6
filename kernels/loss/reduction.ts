import type { BufferSlice, Launcher } from "../launcher.ts";
import { sumAll } from "../reduction/sum_all.ts";
import { expectSettings } from "../settings.ts";

/** What becomes of the losses of the samples: left as they are, averaged (over all, whatever the weights) or summed. */
export type LossReduction = "none" | "mean" | "sum";

const reductions: readonly LossReduction[] = ["none", "mean", "sum"];

/** What every loss has: how the losses of the samples are weighted and put together, and where the result goes. */
export interface ReducedLossOptions {
  /** Weights of the samples, [count]; each multiplies its sample's loss. */
  readonly weight?: BufferSlice | undefined;
  /** "mean" by default. */
  readonly reduction?: LossReduction;
  /** Output, [1], or [count] without reduction. */
  readonly loss: BufferSlice;
  /** Number of samples. */
  readonly count: number;
}

/** Operands that every loss of samples with targets has. */
export interface LossOptions extends ReducedLossOptions {
  /** [count] */
  readonly target: BufferSlice;
}

/**
 * Runs `dispatch` with a place for the losses of the samples and the factor on their gradients, then reduces the losses
 * into `loss`.
 *
 * @throws UsageError for another reduction than these
 * @param options.partials how many numbers the dispatch leaves to be reduced, where it sums some of the losses itself
 */
export function withReduction(
  launcher: Launcher,
  { reduction = "mean", loss, count, partials = count }: ReducedLossOptions & { readonly partials?: number },
  dispatch: (losses: BufferSlice, gradientScale: number) => void,
): void {
  expectSettings("loss", { reduction }, { reduction: reductions });
  if (reduction === "none") {
    dispatch(loss, 1);
    return;
  }
  const scale = reduction === "mean" ? 1 / count : 1;
  const losses = launcher.scratch(partials * 4);
  dispatch(losses, scale);
  sumAll(launcher, { x: losses, y: loss, count: partials, scale });
  launcher.release(losses);
}
