import { describeUnanswered } from "../../data/texts/missing_texts.ts";
import { scoreRange } from "../../data/scores.ts";
import type { PreparedRun } from "./prepared_run.ts";
import type { Observer } from "../../data/observer.ts";

/** Below this no score is near the upper end of the range, as where ratings go from 1 to 5. */
const leastHighest = 8;

/** Tells of what is probably not meant in the records that a run learns from. @param source what to call them */
export function checkRows(
  { rows: { records, recordNumbers, plain }, data: { validation }, inputs }: Pick<
    PreparedRun,
    "rows" | "data" | "inputs"
  >,
  source: string,
  reporter: Observer,
): void {
  const given = records.slice(0, recordNumbers.length);
  const unanswered = describeUnanswered(given, source, recordNumbers);
  if (unanswered !== null) reporter.note?.(unanswered);
  // A scale that was named was compared with the scores when they were read.
  if (inputs.scoreRange) return;
  const range = describeRange([...plain.score, ...validation.score], source);
  if (range !== null) reporter.warn?.(range);
}

/** Says that scores seem to be on another scale; null where they do not. */
export function describeRange(scores: readonly number[], source: string): string | null {
  const lowest = scores.reduce((least, score) => Math.min(least, score), Infinity);
  const highest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  if (highest >= leastHighest) return null;
  const [low, high] = scoreRange, figure = (score: number) => Number(score.toFixed(2));
  return `${source}: the scores lie between ${figure(lowest)} and ${
    figure(highest)
  }, but a scale from ${low} to ${high} ` +
    `is expected; another scale is named by --score-range, as 1..5.`;
}
