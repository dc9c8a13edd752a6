import { MetrogradError } from "../kernels/errors.ts";

/** Least cosine of two rows that the same text has in two engines. */
const least = 0.999;

/** Fails where a peer's row does not point where ours does: then the two have not done the same work. @throws MetrogradError */
export function expectSameDirection(peer: string, theirs: ArrayLike<number>, ours: ArrayLike<number>): void {
  let product = 0, theirSquares = 0, ourSquares = 0;
  for (let i = 0; i < ours.length; i++) {
    product += theirs[i]! * ours[i]!;
    theirSquares += theirs[i]! ** 2;
    ourSquares += ours[i]! ** 2;
  }
  const cosine = product / Math.sqrt(theirSquares * ourSquares);
  if (theirs.length === ours.length && cosine >= least) return;
  throw new MetrogradError(
    `${peer} gives a row of ${theirs.length} numbers whose cosine with ours of ${ours.length} is ${
      cosine.toFixed(4)
    }; ` +
      `at least ${least} is expected of the same model.`,
  );
}
