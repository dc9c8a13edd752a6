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
  const count = among.length, likeness = likenessOf(among.map((row) => metrics.row(row)));
  const pairs = count * (count - 1) / 2;
  const overPairs = (of: (likeness: number) => number) => {
    let sum = 0;
    for (let a = 0; a < count; a++) for (let b = a + 1; b < count; b++) sum += of(likeness[a * count + b]!);
    return sum / pairs;
  };
  const mean = overPairs((one) => one), deviation = Math.sqrt(overPairs((one) => (one - mean) ** 2));
  const faulty = among.map((row) => findsFault(metrics.names[row]!));
  /** Place of the likest metric of the same kind, or of the other; -1 where none is near. */
  const nearest = (own: number, alike: boolean): number => {
    let likest = -1;
    for (let other = 0; other < count; other++) {
      if (other === own || (faulty[other] === faulty[own]) !== alike) continue;
      if (likest < 0 || likeness[own * count + other]! > likeness[own * count + likest]!) likest = other;
    }
    return likest >= 0 && likeness[own * count + likest]! < mean + neighbourhood * deviation ? -1 : likest;
  };
  const mutual = (alike: boolean) => {
    const near = among.map((_, own) => nearest(own, alike));
    return near.flatMap((other, own): Pair[] =>
      own < other && near[other] === own ? [[among[own]!, among[other]!]] : []
    );
  };
  return { opposite: mutual(false), substitute: mutual(true) };
}

/** True when a metric looks for a fault, by the words of its name. */
function findsFault(name: string): boolean {
  const words = name.toLowerCase().split(/[^\p{L}]+/u);
  return words.some((word) => faults.some((fault) => word.startsWith(fault)));
}

/** Cosines of all vectors with all, [vectors, vectors]. */
function likenessOf(vectors: readonly Float32Array[]): Float64Array {
  const count = vectors.length, cosines = new Float64Array(count * count);
  const squares = vectors.map((vector) => product(vector, vector));
  for (let a = 0; a < count; a++) {
    for (let b = a; b < count; b++) {
      const cosine = product(vectors[a]!, vectors[b]!) / (Math.sqrt(squares[a]! * squares[b]!) || 1);
      cosines[a * count + b] = cosines[b * count + a] = cosine;
    }
  }
  return cosines;
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
