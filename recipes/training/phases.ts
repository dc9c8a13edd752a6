import type { Observer, OnDone } from "../../data/observer.ts";

/** Says what a fit is doing, lets the event loop run, and ends the fit where it is to stop; see `TrainRows.phase`. */
export type Phase = (name: string, done?: number, total?: number) => Promise<void>;

/** Longest time in milliseconds that a fit keeps the event loop, and so Ctrl-C, waiting. */
const longestWait = 50;

/** Phases of a fit, told to whoever watches. @returns what throws the signal's reason once it is aborted */
export function phasesFor(observer: Observer, signal?: AbortSignal): Phase {
  let resumed = -Infinity;
  return async (name, done, total) => {
    observer.phase?.(name, done, total);
    if (performance.now() - resumed > longestWait) {
      await new Promise((resume) => setTimeout(resume, 0));
      resumed = performance.now();
    }
    signal?.throwIfAborted();
  };
}

/** `phase` of an observer for one part of the work; undefined where nobody watches phases, so that short work is not held up. */
export function onDoneFor(
  name: string,
  { observer, signal }: { readonly observer?: Observer | undefined; readonly signal?: AbortSignal | undefined },
): OnDone | undefined {
  if (!observer?.phase) return undefined;
  const phase = phasesFor(observer, signal);
  return (done, total) => phase(name, done, total);
}

/** True for what `phasesFor` throws when a fit is to stop. */
export function isStop(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal !== undefined && signal.aborted && error === signal.reason;
}
