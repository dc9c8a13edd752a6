/** The next of the sizes that pools keep: powers of two with three steps between. */
export function steppedSize(size: number): number {
  if (size <= 4) return size;
  const step = 2 ** Math.floor(Math.log2(size - 1)) / 4;
  return Math.ceil(size / step) * step;
}
