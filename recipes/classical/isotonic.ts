import { MetrogradError } from "../../kernels/errors.ts";
import type { Numbers } from "./matrix.ts";

/** Neighbouring points that share a value. */
interface Block {
  mean: number;
  weight: number;
  /** Distinct x in it. */
  points: number;
}

/**
 * Isotonic regression: the increasing function nearest to y in weighted squares, found by pooling adjacent violators.
 *
 * @see Barlow, Bartholomew, Bremner, Brunk, "Statistical inference under order restrictions" (1972)
 */
export class IsotonicRegression {
  private constructor(
    /** Where the function is known, increasing. */
    readonly x: Float64Array,
    /** Its values there, not decreasing. */
    readonly y: Float64Array,
  ) {}

  /**
   * Fits to points; those with equal x are first averaged by weight.
   *
   * @param weight how much each point counts; 1 by default. Points of weight 0 are passed over
   * @throws MetrogradError when no point counts
   */
  static fit(x: Numbers, y: Numbers, weight?: Numbers): IsotonicRegression {
    const of = (i: number) => weight?.[i] ?? 1;
    const order = Array.from(x.keys()).filter((i) => of(i) > 0).sort((i, j) => x[i]! - x[j]!);
    if (order.length === 0) throw new MetrogradError("There are no points to fit an isotonic regression to.");
    const places: number[] = [], blocks: Block[] = [];
    for (const i of order) {
      const last = blocks.at(-1);
      if (last && places.at(-1) === x[i]) join(last, { mean: y[i]!, weight: of(i), points: 0 });
      else {
        places.push(x[i]!);
        blocks.push({ mean: y[i]!, weight: of(i), points: 1 });
      }
    }
    const pooled: Block[] = [];
    for (const block of blocks) {
      pooled.push(block);
      while (pooled.length > 1 && pooled.at(-2)!.mean >= pooled.at(-1)!.mean) join(pooled.at(-2)!, pooled.pop()!);
    }
    const values = pooled.flatMap(({ mean, points }) => new Array<number>(points).fill(mean));
    return new IsotonicRegression(Float64Array.from(places), Float64Array.from(values));
  }

  /** Values at any places: interpolated linearly, and those of the ends beyond them. */
  predict(x: Numbers): Float64Array {
    return Float64Array.from(x, (at) => this.#at(at));
  }

  #at(place: number): number {
    let low = 0, high = this.x.length - 1;
    if (!(place > this.x[low]!)) return this.y[low]!;
    if (place >= this.x[high]!) return this.y[high]!;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.x[middle]! <= place) low = middle;
      else high = middle;
    }
    const share = (place - this.x[low]!) / (this.x[high]! - this.x[low]!);
    return this.y[low]! + share * (this.y[high]! - this.y[low]!);
  }
}

function join(into: Block, other: Block): void {
  const weight = into.weight + other.weight;
  into.mean = (into.mean * into.weight + other.mean * other.weight) / weight;
  into.weight = weight;
  into.points += other.points;
}
