/** Steps in time, validation included. */
export class StepRate {
  #steps: number;
  #milliseconds = 0;

  /**
   * Begins to count. Best after the first steps, which wait for kernels to be compiled.
   *
   * @param startedAt milliseconds
   * @param startedWith steps that are done
   */
  constructor(readonly startedAt: number, readonly startedWith: number) {
    this.#steps = startedWith;
  }

  /** So many steps are done now. */
  update(now: number, steps: number): void {
    this.#milliseconds = now - this.startedAt;
    this.#steps = steps;
  }

  /** Steps a second; null before it can be told. */
  get perSecond(): number | null {
    const perSecond = (this.#steps - this.startedWith) / this.#milliseconds * 1000;
    return perSecond > 0 && perSecond < Infinity ? perSecond : null;
  }

  /** Seconds until so many steps are done; null before it can be told. */
  secondsTo(total: number): number | null {
    const { perSecond } = this;
    return perSecond === null ? null : Math.max(total - this.#steps, 0) / perSecond;
  }
}
