import { counted } from "../../data/texts/counted.ts";
import { bar, duration } from "./bar.ts";
import type { Terminal } from "./terminal.ts";

/** Least time between two drawings of the progress line, and between two lines where there is no screen. */
const redrawMilliseconds = 100, lineMilliseconds = 30_000;

/** Shows the scoring of many records: on a screen one line that is written over, else a line every half minute. */
export class ScoringProgress {
  #scored = 0;
  /** Records that an earlier call has scored. */
  #old = 0;
  #share: number | null = null;
  #began: number;
  #shownAt: number;

  /** @param now a clock in milliseconds */
  constructor(readonly terminal: Terminal, readonly now: () => number = () => performance.now()) {
    this.#began = this.#shownAt = now();
  }

  /** How much of the files is read. */
  read(bytes: number, of: number | null): void {
    this.#share = of ? bytes / of : null;
  }

  /** Takes further records that are scored. @param isOld true where an earlier call has scored them */
  scored(count: number, isOld: boolean): void {
    if (isOld) this.#old += count;
    else {
      if (this.#scored === 0 && this.#old > 0) {
        this.terminal.note(
          `${counted(this.#old, "record")} were scored by an earlier call, which this one goes on with.`,
        );
        // What is only read goes faster than what is scored.
        this.#began = this.now();
      }
      this.#scored += count;
    }
    const { interactive } = this.terminal;
    if (this.now() - this.#shownAt < (interactive ? redrawMilliseconds : lineMilliseconds)) return;
    this.#shownAt = this.now();
    const words = this.#words();
    if (interactive) this.terminal.status(words);
    else this.terminal.note(words.join("  "));
  }

  /** Says what it came to. */
  end(): void {
    this.terminal.status("");
    const seconds = (this.now() - this.#began) / 1000;
    if (this.#scored === 0) return;
    this.terminal.note(
      `${counted(this.#scored, "record")} scored in ${duration(seconds)}, ${rate(this.#scored / seconds)} records/s.`,
    );
  }

  #words(): string[] {
    const seconds = (this.now() - this.#began) / 1000, share = this.#share;
    const records = `${this.#old + this.#scored} records scored`;
    const left = share && this.#old === 0 ? (1 - share) / share * seconds : null;
    return [
      share === null ? records : `${records} ${bar(share)}`,
      ...(left === null || !(seconds > 0) ? [] : [`${duration(left)} left`]),
      ...(this.#scored > 0 && seconds > 0 ? [`${rate(this.#scored / seconds)} records/s`] : []),
    ];
  }
}

const rate = (perSecond: number) => perSecond.toFixed(perSecond < 10 ? 1 : 0);
