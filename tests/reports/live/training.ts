import type { EpochFigures, Observer } from "../../../data/observer.ts";

/** Figures of an epoch of a made-up training. */
export const figures = (epoch: number, rmse: number): EpochFigures => ({
  epoch,
  trainLoss: rmse + 1,
  validationRmse: rmse,
  mismatchedRmse: rmse + 2,
  selection: rmse,
  learningRate: 1e-3,
  gradientNorm: 3 / epoch,
});

/** Tells an observer of epochs whose errors are given, after some that are done, in two steps each. */
export async function trainEpochs(
  observer: Observer,
  errors: readonly number[],
  { done = [], ends = true }: { readonly done?: readonly number[]; readonly ends?: boolean } = {},
): Promise<void> {
  const history = done.map((rmse, i) => figures(i + 1, rmse));
  observer.start?.({ epochs: 9, epochsDone: done.length, fitted: false, history });
  let lowest = Math.min(...done, Infinity);
  for (const [i, rmse] of errors.entries()) {
    const epoch = done.length + i + 1;
    for (const batch of [2, 4]) await observer.step?.({ epoch, batch, batches: 4, loss: 9 / epoch, gpuBytes: 2 ** 21 });
    await observer.epoch?.(figures(epoch, rmse), rmse < lowest);
    lowest = Math.min(lowest, rmse);
  }
  if (ends) observer.end?.();
}
