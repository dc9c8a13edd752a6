import type { ScoredPairs } from "../data/pairs/scored_pairs.ts";
import { Ridge } from "../recipes/classical/ridge.ts";
import { type Asked, askThread } from "./ask_thread.ts";
import { type BaselineTables, RidgeBaseline } from "./ridge_baseline.ts";

/** Texts of more bytes are not copied to a thread; the fit waits until it is asked for. */
const mostBytes = 2 ** 28;

/** A fit of fewer multiplications takes less time than a thread takes to start. */
const leastWork = 2e7;

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
 * `RidgeBaseline.fit` in a thread of its own, beside the training of a model; the same bits. A small fit is made when it is
 * asked for, without a thread. Disposal ends the thread.
 */
export class RidgeApart implements Disposable {
  readonly #request: RidgeRequest;
  readonly #asked: Asked<RidgeReply> | null;

  /** Begins to fit. */
  constructor(tables: BaselineTables, rows: ScoredPairs) {
    this.#request = { tables, rows };
    const { texts, metrics } = tables, count = rows.score.length;
    const columns = texts.fields * texts.dimension + metrics.dimension;
    const inThread = count * columns * Math.min(count, columns) >= leastWork && texts.data.byteLength <= mostBytes;
    this.#asked = inThread ? askThread(new URL("./ridge_thread.ts", import.meta.url), this.#request) : null;
  }

  /** What was fitted. */
  async fitted(): Promise<RidgeBaseline> {
    const { tables, rows } = this.#request;
    if (!this.#asked) return RidgeBaseline.fit(tables, rows);
    const { coef, intercept, alpha } = await this.#asked.reply;
    return new RidgeBaseline(new Ridge(coef, intercept), alpha);
  }

  /** Ends the thread. */
  [Symbol.dispose](): void {
    this.#asked?.[Symbol.dispose]();
  }
}
