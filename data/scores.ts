import { parseDecimal } from "./decimal.ts";

/** The lowest and the highest score a record may have. */
export const scoreRange = [0, 10] as const;

/**
 * The score that a JSON or CSV value stands for: a number or a numeric string ("9", "10.0") from 0 to 10.
 *
 * @returns null when the value is neither
 */
export function parseScore(value: unknown): number | null {
  const score = typeof value === "string" ? parseDecimal(value) : value;
  if (typeof score !== "number") return null;
  return score >= scoreRange[0] && score <= scoreRange[1] ? score : null;
}

/** The words in which every reader says what a score has to be. */
export const scoreExpectation = `a number from ${scoreRange[0]} to ${scoreRange[1]} is expected`;

/** The class of a score, as everywhere in the five systems: floor(score + 0.5), so that 9.5 belongs to 10. */
export function scoreClass(score: number): number {
  return Math.floor(score + 0.5);
}
