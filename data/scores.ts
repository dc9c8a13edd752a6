import { parseDecimal } from "./decimal.ts";

/** The lowest and the highest score a record may have. */
export const scoreRange = [0, 10] as const;

/** The lowest and the highest score of a scale. */
export type ScoreRange = readonly [low: number, high: number];

/**
 * The score that a JSON or CSV value stands for: a number or a numeric string ("9", "10.0") within a range.
 *
 * @returns null when the value is neither
 */
export function parseScore(value: unknown, [low, high]: ScoreRange = scoreRange): number | null {
  const score = typeof value === "string" ? parseDecimal(value) : value;
  if (typeof score !== "number") return null;
  return score >= low && score <= high ? score : null;
}

/** The words in which every reader says what a score has to be. */
export const expectScore = ([low, high]: ScoreRange): string => `a number from ${low} to ${high} is expected`;

/** The same for the usual range. */
export const scoreExpectation = expectScore(scoreRange);

/** The class of a score, as everywhere in the five systems: floor(score + 0.5), so that 9.5 belongs to 10. */
export function scoreClass(score: number): number {
  return Math.floor(score + 0.5);
}
