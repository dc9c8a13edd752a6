/** Sizes of `rotaryReference`; see `rotary`. */
export interface RotaryReferenceOptions {
  readonly table: ArrayLike<number>;
  readonly columns: number;
  readonly tokens: number;
  readonly heads: number;
  readonly headSize: number;
  readonly half: number;
  readonly back?: boolean;
}

/** Each pair (a, b) of a turned head becomes (a cos - b sin, b cos + a sin); in float64. */
export function rotaryReference(x: ArrayLike<number>, options: RotaryReferenceOptions): Float64Array {
  const { table, columns, tokens, heads, headSize, half, back = false } = options;
  const y = Float64Array.from(x);
  for (let row = 0; row * columns < x.length; row++) {
    const position = row % tokens;
    for (let head = 0; head < heads; head++) {
      for (let pair = 0; pair < half; pair++) {
        const first = row * columns + head * headSize + pair, second = first + half;
        const cosine = table[2 * position * half + pair]!;
        const sine = table[(2 * position + 1) * half + pair]! * (back ? -1 : 1);
        y[first] = x[first]! * cosine - x[second]! * sine;
        y[second] = x[second]! * cosine + x[first]! * sine;
      }
    }
  }
  return y;
}
