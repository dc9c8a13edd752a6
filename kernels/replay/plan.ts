import type { Allocation, RecordedCommand } from "./recording.ts";
import { operandsOf } from "./used.ts";

/** What commands use of an allocation, and when. */
export interface Use {
  readonly allocation: Allocation;
  /** Bytes that they use of it, from its beginning. */
  readonly bytes: number;
  /** Number of the first command that uses it. */
  readonly first: number;
  /** Number of the last command that uses it. */
  readonly last: number;
}

/** Memory that allocations share which are not used at the same time. */
export interface SharedMemory {
  /** Bytes of the largest of them. */
  readonly bytes: number;
  readonly uses: readonly Use[];
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

/** What commands use of the memory that is given back before their end. */
export function usesOf(commands: readonly RecordedCommand[]): Use[] {
  const uses = new Map<Allocation, Use>();
  for (const [number, command] of commands.entries()) {
    for (const { allocation, slice: { offset, size } } of operandsOf(command)) {
      if (!allocation?.freed) continue;
      const { first = number, bytes = 0 } = uses.get(allocation) ?? {};
      uses.set(allocation, { allocation, bytes: Math.max(bytes, offset + size), first, last: number });
    }
  }
  return [...uses.values()];
}

/**
 * Lets allocations share memory whose uses do not overlap: the largest first, each into the first memory that is free
 * all the time that it is used.
 *
 * @see Pisarchyk, Lee, "Efficient memory management for deep neural net inference" (2020), "greedy by size for shared
 * objects"
 */
export function planMemory(uses: readonly Use[]): SharedMemory[] {
  const plan: { bytes: number; uses: Use[] }[] = [];
  for (const one of uses.toSorted((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    const free = plan.find((shared) => shared.uses.every((other) => !overlap(one, other)));
    if (free) free.uses.push(one);
    else plan.push({ bytes: one.bytes, uses: [one] });
  }
  return plan;
}

/** What a plan saves. */
export function describePlan(plan: readonly SharedMemory[]): MemoryPlan {
  const sum = (sizes: readonly { readonly bytes: number }[]) => sizes.reduce((total, { bytes }) => total + bytes, 0);
  const all = plan.flatMap(({ uses }) => uses);
  const lowerBound = all.reduce(
    (most, { first }) => Math.max(most, sum(all.filter((one) => one.first <= first && first <= one.last))),
    0,
  );
  return { total: sum(all), planned: sum(plan), lowerBound };
}

function overlap(a: Use, b: Use): boolean {
  return a.first <= b.last && b.first <= a.last;
}
