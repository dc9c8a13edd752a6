import { MetricTable } from "../data/metrics/metric_table.ts";
import { RunFolder } from "./run_folder.ts";
import { openTrained } from "./trained_folder.ts";

/**
 * Tells metrics that training had from others: those of a run, or of an ensemble's first member, which all have the same
 * records.
 *
 * @returns names; of a run of an earlier version those of its table, some of which may have had no rows
 * @throws DataError when the folder holds no run
 */
export async function readTrainedMetrics(path: string): Promise<ReadonlySet<string>> {
  const folder = await ownFolder(path), { inputs } = await new RunFolder(folder).readConfig();
  return new Set(inputs?.trainedMetrics ?? (await MetricTable.readFrom(folder)).names);
}

/** The metrics that a run has embeddings of, and whether it can embed the definitions of others. */
export async function readMetricsOf(
  path: string,
): Promise<{ readonly names: ReadonlySet<string>; readonly embedsDefinitions: boolean }> {
  const folder = await ownFolder(path), { inputs } = await new RunFolder(folder).readConfig();
  return {
    names: new Set((await MetricTable.readFrom(folder)).names),
    embedsDefinitions: inputs?.definitions ?? false,
  };
}

/** A run's folder, or that of an ensemble's first member. */
async function ownFolder(path: string): Promise<string> {
  return (await openTrained(path)).runs[0]!;
}
