import { fromStandard } from "../../data/scores.ts";
import { groupNumbers } from "../../data/split.ts";
import { counted } from "../../data/texts/counted.ts";
import type { PreparedRun } from "./prepared_run.ts";

/** The data of a run in a sentence: how many records, metrics and groups there are, and how they score. */
export function aboutData(
  { data: { tables }, rows: { records }, metrics, inputs: { scoreRange } }: PreparedRun,
  groupBy: string | null,
): string {
  const own = (score: number) => scoreRange ? Number(fromStandard(score, scoreRange).toFixed(6)) : score;
  const scores = records.flatMap(({ score }) => score === null ? [] : own(score));
  const mean = scores.reduce((sum, one) => sum + one, 0) / scores.length;
  const deviation = Math.sqrt(scores.reduce((sum, one) => sum + (one - mean) ** 2, 0) / scores.length);
  const known = tables.groups?.length === records.length ? tables.groups : groupNumbers(records, groupBy);
  const groups = new Set(known).size;
  const judged = new Set(records.map(({ metric }) => metric)).size;
  const lacking = metrics.names.length - judged;
  return `${counted(records.length, "record")} of ${counted(groups, groupBy === null ? "text" : `value`)}${
    groupBy === null ? "" : ` of ${groupBy}`
  } under ${counted(judged, "metric")}${lacking > 0 ? ` (${lacking} more have no record)` : ""}; scores from ${
    scores.reduce((least, one) => Math.min(least, one), Infinity)
  } to ${scores.reduce((most, one) => Math.max(most, one), -Infinity)}, mean ${mean.toFixed(2)}, standard deviation ${
    deviation.toFixed(2)
  }.`;
}
