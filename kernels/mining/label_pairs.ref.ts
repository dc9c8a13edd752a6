/** See `labelPairs`: row by row, [count, count]. */
export function labelPairsReference(label: ArrayLike<number>): { positive: number[]; negative: number[] } {
  const rows = Array.from(label);
  const pairs = (is: (a: number, b: number, i: number, j: number) => boolean) =>
    rows.flatMap((a, i) => rows.map((b, j) => is(a, b, i, j) ? 1 : 0));
  return { positive: pairs((a, b, i, j) => a === b && i !== j), negative: pairs((a, b) => a !== b) };
}
