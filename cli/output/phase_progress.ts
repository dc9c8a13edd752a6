import { bar, duration } from "./bar.ts";
import type { Terminal } from "./terminal.ts";

/** Least time between two drawings of the progress line, and between two lines where there is no screen. */
const redrawMilliseconds = 100, lineMilliseconds = 10_000;

/** Shows work that has phases instead of steps. */
export interface PhaseReporter {
  /** A phase is under way; so many of so many parts of it are done, where that is known, or a share of 1. */
  show(name: string, done?: number, total?: number): void;
  /** The next phase is the first. */
  restart(): void;
}

/**
 * Shows phases: on a screen one line that is written over, else a line at the start of each and one every ten seconds.
 *
 * @param now a clock in milliseconds
 * @param announced false leaves out the lines at the start of phases, most of which are short
 */
export function createPhaseReporter(
  terminal: Terminal,
  now: () => number = () => performance.now(),
  announced = true,
): PhaseReporter {
  let current: string | null = null, began = 0, shownAt = 0;
  return {
    show(name, done, total) {
      const begins = name !== current;
      if (begins) [current, began] = [name, now()];
      if (begins && !announced && !terminal.interactive) {
        shownAt = began;
        return;
      }
      if (!begins && now() - shownAt < (terminal.interactive ? redrawMilliseconds : lineMilliseconds)) return;
      shownAt = now();
      const counts = done !== undefined && total !== undefined && total > 0;
      const left = counts && done > 0 ? (now() - began) / 1000 * (total - done) / done : 0;
      const parts = [
        counts ? `${name} ${bar(Math.min(done / total, 1))}` : `${name} ...`,
        ...(counts ? [total === 1 ? `${Math.floor(100 * done)} %` : `${done}/${total}`] : []),
        ...(left > 0 ? [`${duration(left)} left`] : []),
      ];
      if (terminal.interactive) terminal.status(parts);
      else terminal.note(begins ? `${name} ...` : parts.join("  "));
    },
    restart: () => current = null,
  };
}
