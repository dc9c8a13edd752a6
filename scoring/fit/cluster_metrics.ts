import { dot } from "../../recipes/classical/matrix.ts";
import type { GroupCounts } from "./corpus.ts";
import type { WordEvidence } from "./word_evidence.ts";

/** By how much one standard deviation more of likeness raises the log prior odds that two clusters are one. */
const likenessOdds = 3;

interface Cluster {
  readonly members: number[];
  readonly counts: Float64Array;
  readonly expected: Float64Array;
  readonly logMarginal: number;
}

/**
 * Puts groups together that use words alike: of all pairs the one whose union raises the marginal likelihood of the
 * counts most is united, until none raises it. How many clusters there are follows from the counts.
 *
 * @param weight how much each word counts as evidence, [words]
 * @param alike how alike groups are for all that is known besides, in standard deviations, [groups][groups]; the prior odds of
 *   a union follow from its mean over the pairs of their groups
 * @returns the cluster of each group, numbered from 0 in the order of their first groups
 * @see Heller and Ghahramani, "Bayesian hierarchical clustering" (2005)
 */
export function clusterMetrics(
  { counts, expected }: GroupCounts,
  evidence: WordEvidence,
  weight: Float64Array,
  alike: readonly Float64Array[] | null = null,
): Uint32Array {
  const own = (counts: Float64Array, expected: Float64Array) => {
    let sum = 0;
    for (let word = 0; word < counts.length; word++) {
      sum += weight[word]! * evidence.fastLogMarginal(counts[word]!, expected[word]!);
    }
    return sum;
  };
  const joint = (a: Cluster, b: Cluster) => {
    let sum = 0;
    for (let word = 0; word < a.counts.length; word++) {
      sum += weight[word]! *
        evidence.fastLogMarginal(a.counts[word]! + b.counts[word]!, a.expected[word]! + b.expected[word]!);
    }
    return sum;
  };
  const clusters: (Cluster | null)[] = counts.map((of, group) => ({
    members: [group],
    counts: of,
    expected: expected[group]!,
    logMarginal: own(of, expected[group]!),
  }));
  const prior = (a: Cluster, b: Cluster) => {
    if (!alike) return 0;
    const sum = a.members.reduce((all, i) => b.members.reduce((some, j) => some + alike[i]![j]!, all), 0);
    return likenessOdds * sum / a.members.length / b.members.length;
  };
  const gainOf = (a: Cluster, b: Cluster) => joint(a, b) - a.logMarginal - b.logMarginal + prior(a, b);
  const unite = (a: Cluster, b: Cluster, gain: number): Cluster => ({
    members: [...a.members, ...b.members],
    counts: a.counts.map((count, word) => count + b.counts[word]!),
    expected: a.expected.map((count, word) => count + b.expected[word]!),
    logMarginal: a.logMarginal + b.logMarginal + gain - prior(a, b),
  });
  const gains = clusters.map((a, i) => Float64Array.from(clusters, (b, j) => j > i ? gainOf(a!, b!) : -Infinity));

  for (;;) {
    let best = 0, first = -1, second = -1;
    gains.forEach((row, i) =>
      row.forEach((gain, j) => {
        if (gain > best) [best, first, second] = [gain, i, j];
      })
    );
    if (first < 0) break;
    const united = unite(clusters[first]!, clusters[second]!, best);
    clusters[first] = united;
    clusters[second] = null;
    gains[second]!.fill(-Infinity);
    gains.forEach((row, i) => {
      row[second] = -Infinity;
      const other = clusters[i];
      if (!other || i === first) return;
      gains[Math.min(i, first)]![Math.max(i, first)] = gainOf(united, other);
    });
  }

  const cluster = new Uint32Array(counts.length);
  clusters.filter((one) => one !== null).forEach(({ members }, index) => {
    for (const member of members) cluster[member] = index;
  });
  return cluster;
}

/** Standard deviation of cosines below which they are all the same. */
const leastDeviation = 1e-4;

/**
 * How alike metrics are by their embeddings: cosines in units of how much they differ from pair to pair, around their mean;
 * all 0 where they do not differ. → [metrics][metrics]
 *
 * @param directions of the metrics, of length 1
 */
export function likenessOf(directions: readonly Float64Array[]): Float64Array[] {
  const cosines = directions.map((a) => Float64Array.from(directions, (b) => dot(a, b)));
  const pairs = cosines.flatMap((row, a) => [...row].filter((_, b) => b !== a));
  const mean = pairs.reduce((sum, one) => sum + one, 0) / Math.max(pairs.length, 1);
  const deviation = Math.sqrt(pairs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(pairs.length, 1));
  return cosines.map((row) => row.map((one) => deviation > leastDeviation ? (one - mean) / deviation : 0));
}
