import type { MetricTable } from "../metrics/metric_table.ts";
import curated from "./metric_relations.json" with { type: "json" };
import { type Pair, proposeRelations } from "./proposals.ts";

/** Where pairs of metrics come from; see `metricRelations`. */
export const relationSources = ["auto", "curated", "proposed"] as const;
/** Name of where pairs of metrics come from. */
export type RelationSource = (typeof relationSources)[number];

/** Which metrics belong together, by their rows in a table; both ways. */
export interface MetricRelations {
  /** The metric that asks for the contrary. */
  readonly opposite: ReadonlyMap<number, number>;
  /** A metric that finds fault with the same. */
  readonly substitute: ReadonlyMap<number, number>;
}

/**
 * Pairs of a table's metrics. "curated": those of the dictionary that was made by hand for 145 metrics, as far as the
 * table has them. "proposed": see `proposeRelations`. "auto": the dictionary's, and proposals among the metrics that it
 * does not know.
 */
export function metricRelations(metrics: MetricTable, source: RelationSource): MetricRelations {
  const rows = new Map(metrics.names.map((name, row) => [name, row]));
  const { opposites, substitutes, without_opposite, without_substitute } = curated;
  const known = new Set([...opposites.flat(), ...without_opposite, ...substitutes.flat(), ...without_substitute]);
  const all = [...metrics.names.keys()];
  const proposed = source === "curated"
    ? { opposite: [], substitute: [] }
    : proposeRelations(metrics, source === "proposed" ? all : all.filter((row) => !known.has(metrics.names[row]!)));
  const ofDictionary = (pairs: readonly string[][]) =>
    source === "proposed" ? [] : pairs.flatMap(([a, b]): Pair[] => {
      const first = rows.get(a!), second = rows.get(b!);
      return first === undefined || second === undefined ? [] : [[first, second]];
    });
  return {
    opposite: bothWays([...ofDictionary(opposites), ...proposed.opposite]),
    substitute: bothWays([...ofDictionary(substitutes), ...proposed.substitute]),
  };
}

function bothWays(pairs: readonly Pair[]): ReadonlyMap<number, number> {
  return new Map(pairs.flatMap(([a, b]): Pair[] => [[a, b], [b, a]]));
}
