import { basename, resolve } from "node:path";
import { MetricTable } from "../../data/metrics/metric_table.ts";
import type { MetricRecord } from "../../data/records.ts";
import type { ScoreRange } from "../../data/scores.ts";
import { UsageError } from "../../kernels/errors.ts";
import { readMetricsOf, readTrainedMetrics } from "../../runs/read_metrics.ts";
import { readScoreRange } from "../../runs/score_range.ts";
import { openTrained, type TrainedFolder } from "../../runs/trained_folder.ts";

/** What is known of a run that is served, without its model. */
export interface ServedRun {
  /** What requests call it. */
  readonly name: string;
  readonly folder: TrainedFolder;
  /** Its recipe; "ensemble" for several. */
  readonly recipe: string;
  /** The scale of its scores. */
  readonly scoreRange: ScoreRange;
  /** Names of the metrics that it has embeddings of. */
  readonly metrics: MetricTable;
  /** The same that training had. */
  readonly trained: ReadonlySet<string>;
  /** True where a text can define any other metric. */
  readonly embedsDefinitions: boolean;
}

/** A run to serve. */
export interface RunName {
  /** What requests call it; null for the name of its folder. */
  readonly name: string | null;
  readonly path: string;
}

/** Reads what is known of runs. @throws DataError when a folder holds none, UsageError for folds and for a name that two have */
export async function readServedRuns(runs: readonly RunName[]): Promise<ServedRun[]> {
  const served: ServedRun[] = [];
  for (const { name: given, path } of runs) {
    const name = given ?? basename(resolve(path));
    if (served.some((other) => other.name === name)) {
      throw new UsageError(`Two runs are called ${name}; name one of them, as --run other=${path}.`);
    }
    const folder = await openTrained(path);
    if (folder.kind === "folds") throw new UsageError(`${path} holds folds; serve one of them: ${folder.scorers[0]}.`);
    const { names, embedsDefinitions } = await readMetricsOf(path);
    served.push({
      name,
      folder,
      recipe: "recipe" in folder.config ? folder.config.recipe : "ensemble",
      scoreRange: await readScoreRange(path),
      metrics: MetricTable.ofNames(names),
      trained: await readTrainedMetrics(path),
      embedsDefinitions,
    });
  }
  return served;
}

/** A record whose metric a run can score. */
export interface ScoreItem {
  /** Its metric is called by its name where the run knows it, else by a name that goes with its definition alone. */
  readonly record: MetricRecord;
  /** What the metric means; null where the run knows it. */
  readonly definition: string | null;
}

/**
 * A record as a run can score it. A metric that the run does not know is scored by its definition, or by its name where it
 * has none.
 *
 * @param place where the record stands, for the message
 * @throws DataError naming a metric that the run cannot score, and the nearest one that it can
 */
export function itemFor(
  { metrics, embedsDefinitions }: ServedRun,
  record: MetricRecord,
  definition: string | null,
  place: string,
): ScoreItem {
  const { metric } = record;
  if (metrics.has(metric)) return { record, definition: null };
  if (!embedsDefinitions) metrics.indexOf(metric, place);
  const text = definition ?? metric;
  return { record: { ...record, metric: JSON.stringify([metric, text]) }, definition: text };
}
