import type { MetricTable } from "./metric_table.ts";

/** The main category of a metric: "safety" of "safety/privacy"; the whole name where it has none. */
const categoryOf = (name: string) => name.split("/", 1)[0]!;

/**
 * Tells which metrics are most easily taken for another: those of the same main category ("safety/privacy" and
 * "safety/self_harm"), or, where there is none, the one with the nearest embedding.
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
  return (metric, among) => {
    const alike = among.filter((other) => categories[other] === categories[metric]);
    if (alike.length > 0 || among.length === 0) return alike;
    const cosine = (other: number) => product(metric, other) / lengths[other]!;
    return [among.reduce((best, other) => cosine(other) > cosine(best) ? other : best)];
  };
}
