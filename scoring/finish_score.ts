import type { Settings } from "../recipes/settings/shared.ts";

/** A score as the settings of prediction ask for it: moved by the offset, within 0 and 10, rounded. */
export function finishScore(score: number, { offset, round }: Settings["prediction"]): number {
  const moved = Math.min(Math.max(score + offset, 0), 10);
  return round ? Math.floor(moved + 0.5) : moved;
}
