/** How large a step may be. */
export interface StepLimits {
  /** Most tokens of its items together; an item that has more goes alone. */
  readonly batchTokens: number;
  /** Most items. */
  readonly batchItems: number;
}

/** What a lane does. */
export interface LaneWork<Item, Result> {
  /** About how long an item takes: its tokens. */
  tokens(item: Item): number;
  /** Does one step: a result for each item, in their order. */
  step(items: readonly Item[]): Promise<readonly Result[]>;
  /** True for an error that says nothing of the items, so that a step that failed by it is not tried in parts. */
  isOutage(error: unknown): boolean;
}

/** Items of one request, and what has come of them. */
interface Job<Item, Result> {
  readonly items: readonly Item[];
  /** Places of the items, the longest first. */
  readonly order: readonly number[];
  /** How many of them are in a step or done. */
  next: number;
  readonly results: Result[];
  done: number;
  /** When it began to wait for its next step. */
  since: number;
  resolve(results: Result[]): void;
  reject(error: unknown): void;
}

/**
 * Requests for one kind of work that wait for their turn. A step takes items of all that wait, in the order in which they
 * came, up to its limits. A request with more items than a step is split; after a step it lines up again, so that it keeps
 * nobody waiting for longer than one.
 */
export class Lane<Item, Result> {
  readonly #work: LaneWork<Item, Result>;
  readonly #limits: StepLimits;
  readonly #wake: () => void;
  readonly #jobs: Job<Item, Result>[] = [];

  /** @param wake called when there is something to do */
  constructor(work: LaneWork<Item, Result>, limits: StepLimits, wake: () => void) {
    this.#work = work;
    this.#limits = limits;
    this.#wake = wake;
  }

  /** When the request that waits longest began to; null where none does. */
  get since(): number | null {
    return this.#jobs[0]?.since ?? null;
  }

  /** Items that are not done. */
  get waiting(): number {
    return this.#jobs.reduce((sum, { items, done }) => sum + items.length - done, 0);
  }

  /**
   * Has items worked on.
   *
   * @param signal takes them out of the queue again
   * @returns a result for each, in their order
   */
  submit(items: readonly Item[], signal?: AbortSignal): Promise<Result[]> {
    if (items.length === 0) return Promise.resolve([]);
    const { promise, resolve, reject } = Promise.withResolvers<Result[]>();
    const tokens = items.map((item) => this.#work.tokens(item));
    const order = [...items.keys()].sort((a, b) => tokens[b]! - tokens[a]!);
    const job = { items, order, next: 0, results: [], done: 0, since: performance.now(), resolve, reject };
    const cancel = () => this.#end(job) && reject(signal!.reason);
    if (signal?.aborted) return Promise.reject(signal.reason);
    signal?.addEventListener("abort", cancel, { once: true });
    this.#jobs.push(job);
    this.#wake();
    return promise.finally(() => signal?.removeEventListener("abort", cancel));
  }

  /** Does one step of what waits. */
  async step(): Promise<void> {
    const parts = this.#takeParts();
    try {
      await this.#do(parts);
    } catch (error) {
      if (parts.length === 1 || this.#work.isOutage(error)) {
        for (const { job } of parts) if (this.#end(job)) job.reject(error);
        return;
      }
      // One request's items may be at fault, which the others shall not suffer for.
      for (const part of parts) {
        await this.#do([part]).catch((error) => void (this.#end(part.job) && part.job.reject(error)));
      }
    }
  }

  /** The items of the next step, by request. */
  #takeParts(): Part<Item, Result>[] {
    const { batchTokens, batchItems } = this.#limits, parts: Part<Item, Result>[] = [];
    let tokens = 0, count = 0;
    for (const job of this.#jobs) {
      const from = job.next;
      while (job.next < job.order.length) {
        const more = this.#work.tokens(job.items[job.order[job.next]!]!);
        if (count > 0 && (count === batchItems || tokens + more > batchTokens)) break;
        tokens += more;
        count++;
        job.next++;
      }
      if (job.next > from) parts.push({ job, places: job.order.slice(from, job.next) });
      if (job.next < job.order.length) break;
    }
    return parts;
  }

  async #do(parts: readonly Part<Item, Result>[]): Promise<void> {
    const rows = parts.flatMap(({ job, places }) => places.map((place) => ({ job, place, item: job.items[place]! })))
      .map((row) => ({ ...row, tokens: this.#work.tokens(row.item) }))
      .sort((a, b) => b.tokens - a.tokens);
    const results = await this.#work.step(rows.map(({ item }) => item));
    rows.forEach(({ job, place }, i) => {
      job.results[place] = results[i]!;
      job.done++;
    });
    for (const { job } of parts) {
      const isWaiting = this.#end(job);
      if (job.done === job.items.length) job.resolve(job.results);
      else if (isWaiting) this.#jobs.push(Object.assign(job, { since: performance.now() }));
    }
  }

  /** Takes a request out of the queue; false when it was not in there any more. */
  #end(job: Job<Item, Result>): boolean {
    const place = this.#jobs.indexOf(job);
    if (place >= 0) this.#jobs.splice(place, 1);
    return place >= 0;
  }
}

/** Some items of a request. */
interface Part<Item, Result> {
  readonly job: Job<Item, Result>;
  readonly places: readonly number[];
}
