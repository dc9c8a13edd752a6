import type { Philox } from "../../kernels/philox.ts";

/** Rows of numbers that more are added to. The rows that were there first keep their numbers. */
export class GrowingRows {
  readonly #first: Float32Array;
  readonly #added: Float32Array[] = [];
  readonly #origins: number[] = [];

  /** @param first row-major, [rows, dimension] */
  constructor(first: Float32Array, readonly dimension: number) {
    this.#first = first;
  }

  /** How many rows were there first. */
  get firstRows(): number {
    return this.#first.length / this.dimension;
  }

  /** For each row that was added, the first row it was made from. */
  get origins(): readonly number[] {
    return this.#origins;
  }

  /** One of the first rows, as a view. */
  row(index: number): Float32Array {
    return this.#first.subarray(index * this.dimension, (index + 1) * this.dimension);
  }

  /** Adds a row that was made from one of the first, and returns its number. */
  add(values: Float32Array, origin: number): number {
    this.#added.push(values);
    return this.firstRows + this.#origins.push(origin) - 1;
  }

  /** All rows, row-major. */
  joined(): Float32Array<ArrayBuffer> {
    const all = new Float32Array(this.#first.length + this.#added.length * this.dimension);
    all.set(this.#first);
    this.#added.forEach((row, i) => all.set(row, this.#first.length + i * this.dimension));
    return all;
  }
}

/** (1 - part) a + part b at the length of a; a itself where either is all zeros, as a field that is absent. */
export function mixed(a: Float32Array, b: Float32Array, part: number): Float32Array {
  if (norm(a) === 0 || norm(b) === 0) return a;
  return scaledTo(a.map((value, i) => (1 - part) * value + part * b[i]!), norm(a));
}

/** Euclidean length. */
function norm(row: Float32Array): number {
  return Math.sqrt(row.reduce((sum, value) => sum + value ** 2, 0));
}

/** A row with another length; one of zeros stays. */
function scaledTo(row: Float32Array, length: number): Float32Array {
  const factor = length / (norm(row) || 1);
  return row.map((value) => factor * value);
}

/** A row with normal noise of a length that is `share` of the row's own, at the length of the row. */
export function noisy(row: Float32Array, share: number, random: Philox): Float32Array {
  const length = norm(row);
  const deviation = share * length / Math.sqrt(row.length);
  return scaledTo(row.map((value) => value + deviation * random.normal()), length);
}
