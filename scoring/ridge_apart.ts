import type { ScoredPairs } from "../data/pairs/scored_pairs.ts";
import { Ridge } from "../recipes/classical/ridge.ts";
import { type BaselineTables, RidgeBaseline } from "./ridge_baseline.ts";

/** Texts of more bytes are not copied to a thread; the fit waits until it is asked for. */
const mostBytes = 2 ** 28;

/** What a thread is sent. */
export interface RidgeRequest {
  readonly tables: BaselineTables;
  readonly rows: ScoredPairs;
}

/** What a thread sends back. */
export interface RidgeReply {
  readonly coef: Float64Array<ArrayBuffer>;
  readonly intercept: number;
  readonly alpha: number;
}

/**
 * `RidgeBaseline.fit` in a thread of its own, beside the training of a model; the same bits. Its disposal ends the thread.
 */
export class RidgeApart implements Disposable {
  readonly #request: RidgeRequest;
  readonly #thread: Worker | null;
  readonly #fitted: Promise<RidgeBaseline> | null;

  /** Begins to fit. */
  constructor(tables: BaselineTables, rows: ScoredPairs) {
    this.#request = { tables, rows };
    const isLarge = tables.texts.data.byteLength > mostBytes;
    this.#thread = isLarge ? null : new Worker(new URL("./ridge_thread.ts", import.meta.url), { type: "module" });
    this.#fitted = this.#thread && this.#ask(this.#thread);
  }

  /** What was fitted. */
  async fitted(): Promise<RidgeBaseline> {
    const { tables, rows } = this.#request;
    return await this.#fitted ?? RidgeBaseline.fit(tables, rows);
  }

  /** Ends the thread. */
  [Symbol.dispose](): void {
    this.#thread?.terminate();
  }

  #ask(thread: Worker): Promise<RidgeBaseline> {
    const { promise, resolve, reject } = Promise.withResolvers<RidgeBaseline>();
    thread.onmessage = ({ data: { coef, intercept, alpha } }: MessageEvent<RidgeReply>) => {
      resolve(new RidgeBaseline(new Ridge(coef, intercept), alpha));
    };
    thread.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`ridge regression: ${event.message}`));
    };
    thread.postMessage(this.#request);
    // Nobody may ask for it, where the training fails.
    promise.catch(() => {});
    return promise;
  }
}
