import type { MetricTable } from "./metric_table.ts";

/** Near misses of a metric that are told. */
const nearest = 3;

/** The main category of a metric: "safety" of "safety/privacy"; the whole name where it has none. */
const categoryOf = (name: string) => name.split("/", 1)[0]!;

/**
 * Tells which metrics are most easily taken for another without fitting its texts: those of other main categories with the
 * nearest embeddings. A text that was written for "safety/privacy" may fit "safety/self_harm" as well; that is chosen
 * from only where there is no other category.
 *
 * @returns a function that picks them from some metrics, none of which is the metric itself
 */
export function nearMissesOf(table: MetricTable): (metric: number, among: readonly number[]) => readonly number[] {
  const categories = table.names.map(categoryOf), { embeddings, dimension } = table;
  const lengths = table.names.map((_, metric) => Math.sqrt(product(metric, metric)) || 1);
  function product(a: number, b: number): number {
    let sum = 0;
    for (let k = 0; k < dimension; k++) sum += embeddings[a * dimension + k]! * embeddings[b * dimension + k]!;
    return sum;
  }
  // Many rows have the same metric.
  const known = new Map<number, Float64Array>();
  const cosinesOf = (metric: number) => {
    const cosines = known.get(metric) ?? Float64Array.from(lengths, (length, other) => product(metric, other) / length);
    known.set(metric, cosines);
    return cosines;
  };
  return (metric, among) => {
    const apart = among.filter((other) => categories[other] !== categories[metric]), cosines = cosinesOf(metric);
    const found: number[] = [];
    for (const other of apart.length > 0 ? apart : among) {
      let place = found.length;
      while (place > 0 && cosines[other]! > cosines[found[place - 1]!]!) place--;
      if (place < nearest) found.splice(place, 0, other);
      if (found.length > nearest) found.pop();
    }
    return found;
  };
}
