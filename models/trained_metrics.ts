import { MetricTable } from "../data/metric_table.ts";
import { EnsembleFolder, holdsEnsemble } from "./ensemble/config.ts";
import type { PreparedRun } from "./prepare.ts";
import { RunFolder } from "./run_folder.ts";

/** Names of the metrics that a run learns from, in the order of its table. */
export function trainedMetrics(
  { metrics, rows, refitted }: Pick<PreparedRun, "metrics" | "rows" | "refitted">,
): string[] {
  const numbers = new Set([...rows.plain.metric, ...refitted?.metric ?? []]);
  return metrics.names.filter((_, number) => numbers.has(number));
}

/**
 * Tells metrics that training had from others: those of a run, or of an ensemble's first member, which all have the same
 * records.
 *
 * @returns names; of a run of an earlier version those of its table, some of which may have had no rows
 * @throws DataError when the folder holds no run
 */
export async function readTrainedMetrics(path: string): Promise<ReadonlySet<string>> {
  const folder = await holdsEnsemble(path)
    ? new EnsembleFolder(path).member((await new EnsembleFolder(path).read()).config, 0)
    : path;
  const { inputs } = await new RunFolder(folder).readConfig();
  return new Set(inputs?.trainedMetrics ?? (await MetricTable.readFrom(folder)).names);
}
