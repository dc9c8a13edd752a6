import { meanScore } from "../../data/evaluation.ts";
import { finishScore } from "../finish_score.ts";

/**
 * Scores moved by one constant so that their mean, each score kept within 0 and 10, is the one that is asked for; rounded
 * after that where scores are.
 *
 * @param target 0 to 10
 * @see document 002, which takes 3 off every score
 */
export function moveMean(
  scores: Float32Array,
  target: number,
  { round }: { readonly round: boolean } = { round: false },
): Float32Array {
  const moved = (by: number, round: boolean) => scores.map((score) => finishScore(score, { offset: by, round }));
  // The mean grows with the constant: half of what is left is ruled out each time.
  let low = -10, high = 10;
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (meanScore(moved(middle, false)) < target) low = middle;
    else high = middle;
  }
  return moved((low + high) / 2, round);
}
