import type { ScoredPairs } from "./scored_pairs.ts";

/** Rows that are put together one by one. */
export class RowList {
  readonly #text: number[] = [];
  readonly #metric: number[] = [];
  readonly #score: number[] = [];

  push(text: number, metric: number, score: number): void {
    this.#text.push(text);
    this.#metric.push(metric);
    this.#score.push(score);
  }

  rows(): ScoredPairs {
    return {
      text: Uint32Array.from(this.#text),
      metric: Uint32Array.from(this.#metric),
      score: Float32Array.from(this.#score),
    };
  }
}
