import type { MetricTable } from "../metrics/metric_table.ts";

/** Two metrics, by their rows in a table. */
export type Pair = readonly [number, number];

/** Beginnings of the words by which the name of a metric says that it looks for a fault. */
const faults = [
  "abuse",
  "attack",
  "bias",
  "confus",
  "contradict",
  "drift",
  "error",
  "exaggerat",
  "false",
  "hallucinat",
  "harm",
  "incoheren",
  "incorrect",
  "inaccura",
  "irrelevan",
  "jailbreak",
  "leak",
  "misinterpret",
  "misrepresent",
  "misuse",
  "over",
  "redundan",
  "repetit",
  "stereotyp",
  "toxic",
  "under",
  "unfair",
  "unsafe",
  "violat",
  "violen",
] as const;

/** Standard deviations above the mean likeness of two metrics from which they count as neighbours. */
const neighbourhood = 1;

/**
 * Pairs of metrics from the neighbourhoods of their embeddings: two that are each other's nearest. One whose name looks
 * for a fault and one whose name does not are opposites; two of a kind are substitutes.
 *
 * A proposal to look at, since embeddings tell what a metric is about better than
 * which way it points.
 *
 * @param among rows of the metrics to pair
 */
export function proposeRelations(
  metrics: MetricTable,
  among: readonly number[],
): { readonly opposite: readonly Pair[]; readonly substitute: readonly Pair[] } {
  const likeness = new Map(
    among.map((a) => [a, new Map(among.map((b) => [b, cosine(metrics.row(a), metrics.row(b))]))]),
  );
  const all = among.flatMap((a) => among.flatMap((b) => a < b ? [likeness.get(a)!.get(b)!] : []));
  const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
  const deviation = Math.sqrt(all.reduce((sum, one) => sum + (one - mean) ** 2, 0) / all.length);
  const faulty = new Set(among.filter((row) => findsFault(metrics.names[row]!)));
  const nearest = (row: number, alike: boolean): number | undefined => {
    const others = among.filter((one) => one !== row && (faulty.has(one) === faulty.has(row)) === alike);
    const likest = others.reduce<number | undefined>(
      (best, one) => best === undefined || likeness.get(row)!.get(one)! > likeness.get(row)!.get(best)! ? one : best,
      undefined,
    );
    if (likest === undefined || likeness.get(row)!.get(likest)! < mean + neighbourhood * deviation) return undefined;
    return likest;
  };
  const mutual = (alike: boolean) =>
    among.flatMap((row): Pair[] => {
      const other = nearest(row, alike);
      return other !== undefined && row < other && nearest(other, alike) === row ? [[row, other]] : [];
    });
  return { opposite: mutual(false), substitute: mutual(true) };
}

/** True when a metric looks for a fault, by the words of its name. */
function findsFault(name: string): boolean {
  const words = name.toLowerCase().split(/[^\p{L}]+/u);
  return words.some((word) => faults.some((fault) => word.startsWith(fault)));
}

function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0, squareA = 0, squareB = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    squareA += a[i]! ** 2;
    squareB += b[i]! ** 2;
  }
  return product / (Math.sqrt(squareA * squareB) || 1);
}
