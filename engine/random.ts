import type { Draw } from "../kernels/random/draw.ts";

/**
 * Says which random numbers each op draws. Its whole state is the seed and the number of the step, so that a resumed
 * run draws what an unbroken one would have drawn.
 */
export class RandomSource {
  #use = 0;

  /** Starts at a seed and a step. */
  constructor(
    /** Keeps runs apart. */
    public seed: number,
    /** Number of the step under way. */
    public step = 0,
  ) {}

  /** The draw of the next random op of this step. */
  next(): Draw {
    return { seed: this.seed, step: this.step, use: this.#use++, source: this };
  }

  /** Goes on to the next step, whose draws are all new. */
  nextStep(): void {
    this.step++;
    this.#use = 0;
  }
}
