import { writeAtomically } from "../engine/files/files.ts";

/** Weights of the directions that a run composes the metrics of its records of. */
export interface DirectionWeights {
  /** Mean over the train records, [directions]. */
  readonly all: readonly number[];
  /** Mean over the train records of each metric that has any, by its name, [directions] each. */
  readonly metrics: Readonly<Record<string, readonly number[]>>;
}

/**
 * Means of weights, in all and by metric.
 *
 * @param weights [rows, directions], row-major
 * @param metric number of each row's metric
 * @param names of the metrics
 */
export function meanDirectionWeights(
  weights: Float32Array,
  metric: ArrayLike<number>,
  names: readonly string[],
): DirectionWeights {
  const rows = Array.from({ length: metric.length }, (_, row) => row), directions = weights.length / rows.length;
  const meanOf = (some: readonly number[]) =>
    Array.from({ length: directions }, (_, i) => {
      const mean = some.reduce((sum, row) => sum + weights[row * directions + i]!, 0) / some.length;
      return Number(mean.toPrecision(6));
    });
  const byMetric = Map.groupBy(rows, (row) => metric[row]!);
  const metrics = names.flatMap((name, number) => byMetric.has(number) ? [[name, meanOf(byMetric.get(number)!)]] : []);
  return { all: meanOf(rows), metrics: Object.fromEntries(metrics) };
}

/** Writes the weights as JSON, a line for all records and one for each metric. */
export async function writeDirectionWeights(path: string, { all, metrics }: DirectionWeights): Promise<void> {
  const lines = Object.entries(metrics).map(([name, weights]) => `${JSON.stringify(name)}: ${JSON.stringify(weights)}`);
  const content = `{\n"all": ${JSON.stringify(all)},\n"metrics": {\n${lines.join(",\n")}\n}\n}\n`;
  await writeAtomically(path, content);
}

/** Part of all weight that is counted as most of it. */
const most = 0.9;

/** Says in a sentence how many directions count. */
export function describeDirectionWeights({ all }: DirectionWeights): string {
  const total = all.reduce((sum, weight) => sum + weight, 0);
  const largest = all.toSorted((a, b) => b - a);
  let sum = 0, count = 0;
  while (count < all.length && sum < most * total) sum += largest[count++]!;
  return `Of ${all.length} directions, ${count} have ${100 * most} % of the weight in the metrics of the records.`;
}
