import type { Engine } from "../../engine/engine.ts";
import type { Shape } from "../../engine/tensors/storage.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import { Philox } from "../../kernels/philox.ts";
import { positions, type Reference } from "./reference.ts";
import type { Tape } from "./tape.ts";

/** One op of a graph, chosen for an input of some shape. */
export interface Call {
  /** The op and its options, to be printed. */
  readonly text: string;
  /** Shapes of the inputs that it takes besides. */
  readonly others: readonly Shape[];
  /** Runs it on the GPU. */
  run(inputs: readonly Tensor[], engine: Engine): Tensor;
  /** The same in float64. */
  reference(inputs: readonly Reference[], tape: Tape): Reference;
  /** False where the inputs' values stand near a kink or a pole, where f32 and float64 may part. */
  safe?(values: readonly (readonly number[])[]): boolean;
}

/** Chooses options for an input of that shape, or null where the op takes none like it. */
export type Chooser = (shape: Shape, dice: Dice) => Call | null;

/** Random choices from a seed. */
export class Dice {
  readonly #random: Philox;

  constructor(seed: number) {
    this.#random = new Philox(seed);
  }

  /** A whole number from 0 to below n. */
  below(n: number): number {
    return Math.floor(this.#random.uniform() * n);
  }

  chance(probability: number): boolean {
    return this.#random.uniform() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** A number from -1 to 1. */
  number(): number {
    return 2 * this.#random.uniform() - 1;
  }

  /** The size of an axis: most often small; 0 and 1 often enough, and now and then a tile's. */
  size(): number {
    return this.pick([0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 16]);
  }

  /** Whole numbers from 0 to below n, in some order. */
  order(n: number): number[] {
    const rest = Array.from({ length: n }, (_, i) => i);
    return Array.from({ length: n }, () => rest.splice(this.below(rest.length), 1)[0]!);
  }

  /** Positions along an axis of n. */
  indices(length: number, n: number): number[] {
    return Array.from({ length }, () => this.below(n));
  }
}

/** True where no two of the greatest of each line along an axis lie near each other. */
export function apart(shape: Shape, axis: number | null, values: readonly number[]): boolean {
  const lines = new Map<string, number[]>();
  positions(shape).forEach((position, i) => {
    const key = axis === null ? "" : position.toSpliced(axis, 1).join();
    lines.set(key, [...(lines.get(key) ?? []), values[i]!]);
  });
  return [...lines.values()].every((line) => {
    const sorted = line.toSorted((a, b) => b - a);
    return sorted.every((value, i) => i === 0 || sorted[i - 1]! - value > 1e-3);
  });
}

/** Rows of a flat matrix. */
export function matrixRows(values: readonly number[], columns: number): number[][] {
  const rows = columns === 0 ? 0 : values.length / columns;
  return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

/** Euclidean length. */
export function lengthOf(row: readonly number[]): number {
  return Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
}
