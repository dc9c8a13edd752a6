import { Refusal } from "./refusal.ts";

/** Longest time after which a client is told to come back, in seconds. */
const longestWait = 60;

/** Weight of the newest request in the mean time that one takes. */
const newest = 0.1;

/** Lets in as many requests as may wait at the same time, of one record or of many alike. */
export class Admission {
  #inside = 0;
  #meanSeconds = 0;

  /** @param most requests that may be inside */
  constructor(readonly most: number) {}

  /** Requests that wait or are at work. */
  get inside(): number {
    return this.#inside;
  }

  /**
   * Lets a request in.
   *
   * @returns to be called when it has been answered
   * @throws Refusal 429 when there are too many, with the time that those before it will take
   */
  enter(): () => void {
    if (this.#inside >= this.most) {
      const seconds = Math.min(Math.max(Math.ceil(this.#meanSeconds), 1), longestWait);
      throw new Refusal(429, `No more than ${this.most} requests may wait; come back in ${seconds} s.`, {
        "Retry-After": String(seconds),
      });
    }
    this.#inside++;
    const began = performance.now();
    return () => {
      this.#inside--;
      this.#meanSeconds += newest * ((performance.now() - began) / 1000 - this.#meanSeconds);
    };
  }
}
