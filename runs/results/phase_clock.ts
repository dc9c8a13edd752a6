/** A phase of a run and how long it took. */
export interface PhaseSeconds {
  readonly phase: string;
  readonly seconds: number;
}

/** Times the phases of a run, which follow one another without a gap. */
export class PhaseClock {
  /** Those that are done. */
  readonly phases: PhaseSeconds[] = [];
  #began = performance.now();

  /** Ends a phase that began where the one before it ended, or when the clock was made. */
  end(phase: string): void {
    const now = performance.now();
    this.phases.push({ phase, seconds: (now - this.#began) / 1000 });
    this.#began = now;
  }
}
