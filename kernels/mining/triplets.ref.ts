import { philoxBlock } from "../philox.ts";
import type { Draw } from "../random/draw.ts";
import type { MiningKind, ScoreBounds } from "./triplets.ts";

/** A triplet of row numbers; an anchor's own number stands for a positive or negative that it has not. */
export interface MinedTriplet {
  readonly positive: number;
  readonly negative: number;
  readonly found: boolean;
}

/** See `mineTriplets`. */
export function minedTripletsReference(
  kind: MiningKind,
  distance: ArrayLike<number>,
  score: ArrayLike<number>,
  { seed, stream = 0, step = 0, use = 0 }: Draw,
  { positiveWithin = 1, negativeFrom = 3 }: ScoreBounds = {},
): MinedTriplet[] {
  const count = score.length, rows = Array.from({ length: count }, (_, row) => row);
  return rows.map((anchor) => {
    const away = (row: number) => distance[anchor * count + row]!;
    const apart = (row: number) => Math.abs(score[anchor]! - score[row]!);
    const positives = rows.filter((row) => row !== anchor && apart(row) <= positiveWithin);
    const negatives = rows.filter((row) => row !== anchor && apart(row) >= negativeFrom);
    const words = philoxBlock([anchor, 0, step, use], [seed, stream]);
    const drawn = (candidates: number[], word: number) =>
      candidates[Math.floor(word / 2 ** 32 * candidates.length)] ?? anchor;
    const farthest = (candidates: number[]) => candidates.toSorted((a, b) => away(b) - away(a))[0] ?? anchor;
    const nearest = (candidates: number[]) => candidates.toSorted((a, b) => away(a) - away(b))[0];
    const positive = kind === "hard" ? farthest(positives) : drawn(positives, words[0]);
    const negative = {
      random: () => drawn(negatives, words[1]),
      hard: () => nearest(negatives) ?? anchor,
      semihard: () => nearest(negatives.filter((row) => away(row) > away(positive))) ?? farthest(negatives),
    }[kind]();
    return { positive, negative, found: positive !== anchor && negative !== anchor };
  });
}
