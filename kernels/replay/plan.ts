import type { Allocation } from "./recording.ts";

/** Memory that allocations share which are not used at the same time. */
export interface SharedMemory {
  /** Bytes of the largest of them. */
  readonly bytes: number;
  readonly allocations: readonly Allocation[];
}

/** What a plan comes to, in bytes. */
export interface MemoryPlan {
  /** Of all allocations. */
  readonly total: number;
  /** Of what the plan takes. */
  readonly planned: number;
  /** Of what is in use at one time, at most: no plan takes less. */
  readonly lowerBound: number;
}

/**
 * Lets allocations share memory whose uses do not overlap: the largest first, each into the first memory that is free
 * all the time that it is used.
 *
 * @see Pisarchyk, Lee, "Efficient memory management for deep neural net inference" (2020), "greedy by size for shared
 * objects"
 */
export function planMemory(allocations: readonly Allocation[]): SharedMemory[] {
  const plan: { bytes: number; allocations: Allocation[] }[] = [];
  for (const one of allocations.toSorted((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    const free = plan.find((shared) => shared.allocations.every((other) => !overlap(one, other)));
    if (free) free.allocations.push(one);
    else plan.push({ bytes: one.bytes, allocations: [one] });
  }
  return plan;
}

/** What a plan saves. */
export function describePlan(plan: readonly SharedMemory[]): MemoryPlan {
  const sum = (sizes: readonly { readonly bytes: number }[]) => sizes.reduce((total, { bytes }) => total + bytes, 0);
  const all = plan.flatMap(({ allocations }) => allocations);
  const lowerBound = all.reduce(
    (most, { first }) => Math.max(most, sum(all.filter((one) => one.first <= first && first <= one.last))),
    0,
  );
  return { total: sum(all), planned: sum(plan), lowerBound };
}

function overlap(a: Allocation, b: Allocation): boolean {
  return a.first <= b.last && b.first <= a.last;
}
