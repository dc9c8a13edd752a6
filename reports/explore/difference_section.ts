import { lyingBars } from "../figures/charts.ts";
import { formatNumber, formatShare } from "../numbers.ts";
import type { Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import { categoryOf, type ExploredSet, scoresOf } from "./explored_set.ts";
import { mismatches } from "./language_section.ts";
import { textNames } from "./measures.ts";
import { moments } from "../../data/moments.ts";
import { categoryDistance, countValues, cumulativeDistance, type Distance } from "./statistics.ts";

/** How far one property of the records differs between train and test. */
export interface Difference extends Distance {
  readonly property: string;
  /** What of it differs most, or its middle in either set. */
  readonly how: string;
}

/** A property of each record: numbers, or names of categories. */
type Property = readonly [name: string, of: (set: ExploredSet) => Float64Array | readonly string[]];

const properties: readonly Property[] = [
  ["score", (set) => scoresOf(set)],
  ["metric", ({ records }) => records.map(({ metric }) => metric)],
  ["metric category", ({ records }) => records.map(({ metric }) => categoryOf(metric))],
  ...textNames.flatMap((name): Property[] => [
    [`${name} characters`, ({ measures }) => measures.texts[name].characters],
    [`${name} words`, ({ measures }) => measures.texts[name].words],
    [`${name} script`, ({ measures }) => measures.texts[name].scripts],
  ]),
  ["scripts of both texts", (set) => set.records.map((_, row) => mismatches(set, row) ? "different" : "same")],
  [
    "response to prompt words",
    ({ measures: { texts } }) =>
      texts.response.words.map((words, row) => words / texts.prompt.words[row]!).filter(Number.isFinite),
  ],
  [
    "system prompt given",
    ({ records }) => records.map(({ systemPrompt }) => systemPrompt === null ? "missing" : "there"),
  ],
  ["response given", ({ records }) => records.map(({ response }) => response === "" ? "missing" : "there")],
];

/** The properties of the records by how far they differ between two sets, the farthest first. */
export function differences(train: ExploredSet, test: ExploredSet): Difference[] {
  return properties.flatMap(([property, of]): Difference[] => {
    const a = of(train), b = of(test);
    if (a.length === 0 || b.length === 0) return [];
    if (a instanceof Float64Array && b instanceof Float64Array) {
      const middles = [a, b].map((values) => formatNumber(moments(values)!.median));
      return [{ property, how: `median ${middles[0]} in train, ${middles[1]} in test`, ...cumulativeDistance(a, b) }];
    }
    const first = a as readonly string[], second = b as readonly string[];
    return [{ property, how: largestDifference(first, second), ...categoryDistance(first, second) }];
  }).filter(({ distance }) => distance > 0).sort((a, b) => excess(b) - excess(a));
}

/** What a distance has beyond chance, by which properties are ranked. */
const excess = ({ distance, chance }: Distance) => distance - chance;

/** True where two samples of one distribution would hardly be so far apart. */
export const isBeyondChance = ({ distance, chance }: Distance): boolean => distance > 2 * chance;

/** What differs most between train and test: there scorers fail. */
export function differenceSection(found: readonly Difference[]): Section {
  const beyond = found.filter(isBeyondChance);
  const data = table(
    "largest-differences",
    "What differs between train and test",
    ["property", "distance:number", "by chance:number", "what differs"],
    found.map(({ property, distance, chance, how }): Cell[] => [property, distance, chance, how]),
  );
  const [first] = found;
  return {
    id: "differences",
    title: "Train against test",
    text: "A scorer learns the records of train and is asked about those of test; where they differ it may fail. The " +
      "distance is 0 for equal distributions and 1 for those that share nothing: of numbers the largest difference of " +
      "the cumulative shares (Kolmogorov and Smirnov), of categories the share of records that would have to change " +
      "theirs (total variation). Two samples of one distribution differ by chance too; properties are ranked by what " +
      "they have beyond that.",
    figures: first === undefined ? [] : [{
      id: "largest-differences",
      title: "What differs most",
      reading: `${
        isBeyondChance(first) ? `"${first.property}" differs most (${first.how}). ` : ""
      }${beyond.length} of ${found.length} properties differ by more than twice what chance brings on average.`,
      spec: lyingBars(
        found.map((one) => ({ label: one.property, set: "difference", value: Math.max(excess(one), 0) })),
        ["difference"],
        { x: "distance beyond chance", format: "~g" },
      ),
      data,
    }],
    tables: [],
  };
}

function largestDifference(a: readonly string[], b: readonly string[]): string {
  const first = countValues(a), second = countValues(b);
  const apart = [...new Set([...first.keys(), ...second.keys()])].map((name) => {
    const shares = [(first.get(name) ?? 0) / a.length, (second.get(name) ?? 0) / b.length] as const;
    return { name, shares, size: Math.abs(shares[0] - shares[1]) };
  }).sort((x, y) => y.size - x.size)[0]!;
  return `${apart.name || "(none)"}: ${formatShare(apart.shares[0])} of train, ${formatShare(apart.shares[1])} of test`;
}
