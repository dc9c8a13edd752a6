import type { PreparedRun } from "./prepared_run.ts";

/** Names of the metrics that a run learns from, in the order of its table. */
export function trainedMetrics(
  { metrics, rows, refitted }: Pick<PreparedRun, "metrics" | "rows" | "refitted">,
): string[] {
  const numbers = new Set([...rows.plain.metric, ...refitted?.metric ?? []]);
  return metrics.names.filter((_, number) => numbers.has(number));
}
