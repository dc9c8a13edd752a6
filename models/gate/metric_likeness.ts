import { dot } from "../classical/matrix.ts";
import type { Embeddings } from "../training_data.ts";

/** Standard deviations of cosines below which they are all the same. */
const leastSpread = 1e-4;

/** How alike metrics are: cosines of their embeddings, less the mean embedding, [metrics][metrics]. */
export function metricCosines({ data, dimension }: Embeddings): Float64Array[] {
  const count = data.length / dimension;
  const rows = Array.from(
    { length: count },
    (_, m) => Float64Array.from(data.subarray(m * dimension, (m + 1) * dimension)),
  );
  const center = new Float64Array(dimension);
  for (const row of rows) row.forEach((value, j) => center[j]! += value / count);
  const directions = rows.map((row) => {
    const apart = row.map((value, j) => value - center[j]!), length = Math.sqrt(dot(apart, apart));
    return length > 0 ? apart.map((value) => value / length) : apart;
  });
  return directions.map((a) => Float64Array.from(directions, (b) => dot(a, b)));
}

/** Cosines in units of how much they differ from pair to pair, around their mean; all 0 where they do not differ. */
export function standardized(cosines: readonly Float64Array[]): Float64Array[] {
  const pairs = cosines.flatMap((row, a) => [...row].filter((_, b) => b !== a));
  const mean = pairs.reduce((sum, one) => sum + one, 0) / Math.max(pairs.length, 1);
  const spread = Math.sqrt(pairs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(pairs.length, 1));
  return cosines.map((row) => row.map((one) => spread > leastSpread ? (one - mean) / spread : 0));
}
