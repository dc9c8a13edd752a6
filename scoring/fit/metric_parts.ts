import { Philox } from "../../kernels/philox.ts";

/** Parts of the metrics that are held out in turn. */
const metricFolds = 5;

const foldStream = 0xf18;

/** Metrics in parts that are held out in turn. */
export interface MetricParts {
  /** How many parts there are; fewer than two where there are too few metrics. */
  readonly count: number;
  /** The part of each metric. */
  readonly of: ReadonlyMap<number, number>;
  /** What the parts were drawn by, for further draws. */
  readonly random: Philox;
}

/** Draws parts of all metrics that rows have. */
export function drawMetricParts(metric: ArrayLike<number>): MetricParts {
  const random = new Philox(0, foldStream);
  const metrics = [...new Set(Array.from(metric))].sort((a, b) => a - b);
  const count = Math.min(metricFolds, Math.floor(metrics.length / 2));
  if (count < 2) return { count, of: new Map(), random };
  const order = random.permutation(metrics.length);
  return { count, of: new Map(metrics.map((m, i) => [m, order[i]! % count])), random };
}

/** Numbers of the rows of each part of their metrics. */
export function rowsByPart(metric: ArrayLike<number>, { count, of }: MetricParts): number[][] {
  const rows: number[][] = Array.from({ length: count < 2 ? 0 : count }, () => []);
  for (let row = 0; row < metric.length; row++) rows[of.get(metric[row]!) ?? -1]?.push(row);
  return rows;
}
