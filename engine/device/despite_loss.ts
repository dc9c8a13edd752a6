import { DeviceError, DeviceLostError } from "../../kernels/errors.ts";

/** Losses with no progress between them that end the work. */
const mostLosses = 3;

/** How work is carried on after the GPU was lost. */
export interface DespiteLossOptions {
  /** Told in a sentence what was lost and what happens now. */
  readonly onNote: (sentence: string) => void;
  /** What happens now, behind "The GPU is opened again, and ...". */
  readonly next: string;
  /** A value that changes whenever some of the work is saved. */
  readonly progress?: () => Promise<unknown>;
}

/**
 * Does work that opens an engine, and begins it again on a new one when the GPU was lost meanwhile.
 *
 * @throws DeviceLostError when that happens three times without progress, DeviceError when the GPU cannot be opened again,
 * and whatever else the work throws
 */
export async function despiteLoss<Result>(
  work: () => Promise<Result>,
  { onNote, next, progress }: DespiteLossOptions,
): Promise<Result> {
  let losses = 0, reached: unknown, lost: DeviceLostError | null = null;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DeviceLostError)) {
        if (!(lost && error instanceof DeviceError)) throw error;
        throw new DeviceError(`${lost.message} Then it failed again: ${error.message}`, { cause: error });
      }
      const now = await progress?.();
      losses = losses > 0 && now === reached ? losses + 1 : 1;
      if (losses === mostLosses) {
        throw new DeviceLostError(`${error.message} That was the third time in a row.`, { cause: error });
      }
      reached = now;
      lost = error;
      onNote(`${error.message} It is opened again, and ${next}.`);
    }
  }
}
