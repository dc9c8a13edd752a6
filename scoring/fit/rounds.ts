import { type Phase, phasesFor } from "../../data/observer.ts";

/** What is said while experts are fitted and calibrated. */
export const learningFit = "learning which metrics fit which texts";

/** Shows how far a fit model is, whose experts are fitted and asked once a round. */
export class Rounds {
  #done = 0;

  /**
   * Counts from none.
   *
   * @param phase awaited whenever a part of the work is done
   * @param total how many rounds there will be
   */
  constructor(readonly phase: Phase = phasesFor({}), public total: number = 1) {}

  /** So much of the round is done. */
  readonly within = (done: number, of: number): Promise<void> =>
    this.phase(learningFit, (this.#done + done / Math.max(of, 1)) / this.total, 1);

  /** A round is done. */
  async end(): Promise<void> {
    this.#done++;
    await this.within(0, 1);
  }
}
