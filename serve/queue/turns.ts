import { Lane, type LaneWork, type StepLimits } from "./lane.ts";

/** Lanes that share a GPU, which does one step at a time: next is the lane in which a request has waited longest. */
export class Turns {
  readonly #limits: StepLimits;
  readonly #lanes: Pick<Lane<unknown, unknown>, "since" | "waiting" | "step">[] = [];
  #running = false;

  constructor(limits: StepLimits) {
    this.#limits = limits;
  }

  /** Adds a kind of work. */
  lane<Item, Result>(work: LaneWork<Item, Result>): Lane<Item, Result> {
    const lane = new Lane(work, this.#limits, () => void this.#run());
    this.#lanes.push(lane);
    return lane;
  }

  /** Items that are not done. */
  get waiting(): number {
    return this.#lanes.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    // Requests that arrive together are in one step.
    await new Promise((resume) => setTimeout(resume));
    for (let lane = this.#next(); lane; lane = this.#next()) await lane.step();
    this.#running = false;
  }

  #next() {
    const waiting = this.#lanes.filter(({ since }) => since !== null);
    return waiting.sort((a, b) => a.since! - b.since!)[0];
  }
}
