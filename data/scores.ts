import { UsageError } from "../kernels/errors.ts";
import { parseDecimal } from "./files/decimal.ts";

/** The lowest and the highest score a record may have. */
export const scoreRange = [0, 10] as const;

/** The lowest and the highest score of a scale. */
export type ScoreRange = readonly [low: number, high: number];

/**
 * The score that a JSON or CSV value stands for: a number or a numeric string ("9", "10.0", "9,5") within a range.
 *
 * @returns null when the value is neither, and for "1,234" where the range has both 1.234 and 1234
 */
export function parseScore(value: unknown, range: ScoreRange = scoreRange): number | null {
  if (!hasDecimalComma(value)) return within(typeof value === "string" ? parseDecimal(value) : value, range);
  const isGrouped = /^\s*[+-]?[1-9]\d{0,2},\d{3}\s*$/.test(value);
  if (isGrouped && within(parseDecimal(value.replace(",", "")), range) !== null) return null;
  return within(parseDecimal(value.replace(",", ".")), range);
}

/** True for a number with a decimal comma, as spreadsheets write it in many languages. */
export function hasDecimalComma(value: unknown): value is string {
  return typeof value === "string" && /^\s*[+-]?\d+,\d+\s*$/.test(value);
}

/** Says that decimal commas were read. @param count the scores with one */
export function describeDecimalCommas(count: number, source: string): string {
  return `${source}: the comma in ${count} of its scores was read as a decimal point.`;
}

function within(score: unknown, [low, high]: ScoreRange): number | null {
  return typeof score === "number" && score >= low && score <= high ? score : null;
}

/** The words in which every reader says what a score has to be. */
export const expectScore = ([low, high]: ScoreRange): string => `a number from ${low} to ${high} is expected`;

/** The same for the usual range. */
export const scoreExpectation = expectScore(scoreRange);

/** Reads `1..5`. @throws UsageError when it is no such range */
export function parseScoreRange(word: string): ScoreRange {
  const ends = word.split("..").map(parseDecimal), [low, high] = ends;
  if (ends.length === 2 && low !== null && high !== null && low! < high! && Number.isFinite(high! - low!)) {
    return [low!, high!];
  }
  throw new UsageError(`--score-range is "${word}"; the lowest and the highest score, as 1..5, are expected.`);
}

/** True for a range as a config keeps it. */
export function isScoreRange(value: unknown): value is ScoreRange {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] < value[1];
}

/** True for the range that models work in. */
export function isStandardRange([low, high]: ScoreRange): boolean {
  return low === scoreRange[0] && high === scoreRange[1];
}

/** A score of some scale on that which models work in, 0 to 10. */
export function toStandard(score: number, range: ScoreRange): number {
  const [low, high] = range;
  return isStandardRange(range) ? score : scoreRange[1] * (score - low) / (high - low);
}

/** A score from 0 to 10 on another scale. */
export function fromStandard(score: number, range: ScoreRange): number {
  const [low, high] = range;
  return isStandardRange(range) ? score : low + score * (high - low) / scoreRange[1];
}

/** What errors on the scale from 0 to 10 are multiplied by to be those of another. */
export function errorFactor([low, high]: ScoreRange): number {
  return (high - low) / scoreRange[1];
}

/** The class of a score, as everywhere in the five systems: floor(score + 0.5), so that 9.5 belongs to 10. */
export function scoreClass(score: number): number {
  return Math.floor(score + 0.5);
}
