/** Maps values of an axis to positions, with round values to mark. */
export interface Scale {
  /** Position of a value. */
  at(value: number): number;
  readonly ticks: readonly number[];
  /** Writes a tick with as many decimals as the ticks need. */
  format(tick: number): string;
}

/** Where an axis lies and how finely it is marked. */
export interface AxisOptions {
  /** Positions of the lowest and the highest value. */
  readonly range: readonly [number, number];
  /** About how many ticks. */
  readonly count: number;
  /** Least distance of two ticks. */
  readonly leastStep?: number;
}

/** A linear axis from `low` to `high` with ticks at 1, 2 or 5 x 10^k. */
export function linearScale(
  low: number,
  high: number,
  { range: [start, end], count, leastStep = 0 }: AxisOptions,
): Scale {
  const step = Math.max(niceStep((high - low) / count), leastStep);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  // Counted in whole steps, so that no rounding error piles up.
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return {
    at: (value) => start + (value - low) / (high - low) * (end - start),
    ticks: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step),
    format: (tick) => tick.toFixed(decimals),
  };
}

/** The least of 1, 2, 5 x 10^k that is not below `step`. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const digit = [1, 2, 5, 10].find((each) => each * power >= step * (1 - 1e-9)) ?? 10;
  return Number((digit * power).toPrecision(1));
}
