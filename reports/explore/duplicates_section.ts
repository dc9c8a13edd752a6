import { bars } from "../figures/charts.ts";
import { counted, formatShare } from "../numbers.ts";
import type { Section } from "../section.ts";
import { type Cell, type Table, table } from "../table.ts";
import { visibleText } from "../visible_text.ts";
import { type ExploredSet, mostListed, namesOf } from "./explored_set.ts";
import { nearShare } from "./min_hash.ts";

/** What makes two records the same, from the strictest to the loosest; the key is null for a record without texts. */
const kinds = [
  ["metric, texts", (set: ExploredSet, row: number) => `${set.records[row]!.metric}\n${textsKey(set, row)}`],
  ["texts", textsKey],
  ["near texts", (set: ExploredSet, row: number) => hasTexts(set, row) ? String(set.clusters[row]) : null],
  ["prompt", (set: ExploredSet, row: number) => oneKey(set, row, "prompt")],
  ["response", (set: ExploredSet, row: number) => oneKey(set, row, "response")],
] as const satisfies readonly (readonly [string, (set: ExploredSet, row: number) => string | null])[];

/** How many records of a set occur again, in it or in another. */
interface Repeats {
  readonly kind: string;
  readonly set: string;
  /** Records that are not the first of their kind in the set. */
  readonly again: number;
  /** Records that stand in the other set too; null without another. */
  readonly other: number | null;
  readonly records: number;
}

/** Records that occur more than once: in a set, and in both. */
export function duplicatesSection(sets: readonly ExploredSet[]): Section {
  const repeats = kinds.flatMap(([kind, keyOf]) => countRepeats(kind, keyOf, sets));
  const near = repeats.filter(({ kind }) => kind === "near texts");
  const conflicts = conflictTable(sets);
  const data = table(
    "duplicates",
    "Records that occur again",
    ["same", "set", "again:count", "share:share", "in the other set:count", "share in the other set:share"],
    repeats.map(({ kind, set, again, other, records }) => [
      kind,
      set,
      again,
      again / records,
      other,
      other === null ? null : other / records,
    ]),
  );
  const across = repeats.filter(({ other }) => other !== null);
  const leak = across.find(({ kind, set }) => kind === "near texts" && set !== sets[0]!.name);
  return {
    id: "duplicates",
    title: "Duplicates",
    text: `Near duplicates share ${100 * nearShare} % of the runs of three words in prompt and response, as MinHash ` +
      "estimates it; they include equal texts. A test record whose texts are in train says little of how well new ones " +
      "are scored, and copies belong on one side of a split.",
    figures: [
      {
        id: "repeats",
        title: "Records that occur again in their set",
        reading: near.map(({ set, again, records }) =>
          `${counted(again, "record")} of ${set} (${formatShare(again / records)}) nearly repeat an earlier one.`
        ).join(" "),
        spec: bars(
          repeats.map(({ kind, set, again, records }) => ({ label: kind, set, value: again / records })),
          namesOf(sets),
          {
            x: "same",
            y: "share of records",
            format: "~%",
          },
        ),
        data,
      },
      ...(leak === undefined ? [] : [{
        id: "overlap",
        title: "Records that are in train and test",
        reading: `${counted(leak.other!, "record")} of ${leak.set} (${formatShare(leak.other! / leak.records)}) have ` +
          "nearly the texts of a train record.",
        spec: bars(
          across.map(({ kind, set, other, records }) => ({ label: kind, set, value: other! / records })),
          namesOf(sets),
          { x: "same", y: "share of records", format: "~%" },
        ),
        data: { ...data, id: "overlap" },
      }]),
    ],
    tables: [conflicts, ...(sets.length > 1 ? [overlapTable(sets)] : []), clusterTable(sets)]
      .filter(({ rows }) => rows.length > 0),
  };
}

/** Records of a set that nearly repeat another, and those of the other set; for the first screen. */
export function nearCounts(sets: readonly ExploredSet[]): readonly Repeats[] {
  const [kind, keyOf] = kinds[2];
  return countRepeats(kind, keyOf, sets);
}

function countRepeats(
  kind: string,
  keyOf: (set: ExploredSet, row: number) => string | null,
  sets: readonly ExploredSet[],
): Repeats[] {
  const keys = sets.map((set) => set.records.map((_, row) => keyOf(set, row)));
  const different = keys.map((some) => new Set(some.filter((key) => key !== null)));
  return sets.map(({ name, records }, i) => {
    const own = keys[i]!.filter((key) => key !== null);
    const others = different.filter((_, j) => j !== i);
    return {
      kind,
      set: name,
      again: own.length - different[i]!.size,
      other: others.length === 0 ? null : own.filter((key) => others.some((keys) => keys.has(key))).length,
      records: records.length,
    };
  });
}

/** Records with the same metric and texts but different scores. */
function conflictTable(sets: readonly ExploredSet[]): Table {
  const [, keyOf] = kinds[0];
  const rows = sets.flatMap((set) => {
    const scored = set.records.keys().filter((row) => set.records[row]!.score !== null);
    return [...Map.groupBy(scored, (row) => keyOf(set, row)).values()].flatMap((same): Cell[][] => {
      const scores = [...new Set(same.map((row) => set.records[row]!.score!))].sort((a, b) => a - b);
      if (scores.length < 2) return [];
      return [[set.name, numbersOf(set, same), same.length, scores.at(-1)! - scores[0]!, scores.join(", ")]];
    });
  });
  rows.sort((a, b) => Number(b[3]) - Number(a[3]));
  return table(
    "conflicts",
    "Same metric and texts, different scores",
    [
      "set",
      "records",
      "count:count",
      "difference:number",
      "scores",
    ],
    rows,
    {
      reading: `${
        counted(rows.length, "group")
      } of equal records with different scores: no scorer can be right on all.`,
      shown: 10,
    },
  );
}

/** The test records with nearly the texts of a train record. */
function overlapTable([train, test]: readonly ExploredSet[]): Table {
  const firsts = new Map<number, number>();
  train!.records.forEach((_, row) => {
    if (hasTexts(train!, row) && !firsts.has(train!.clusters[row]!)) firsts.set(train!.clusters[row]!, row);
  });
  const rows = test!.records.flatMap((record, row): Cell[][] => {
    const first = hasTexts(test!, row) ? firsts.get(test!.clusters[row]!) : undefined;
    if (first === undefined) return [];
    const same = textsKey(train!, first) === textsKey(test!, row) ? "equal" : "near";
    return [[test!.numbers[row]!, train!.numbers[first]!, same, record.metric, visibleText(record.response, 80)]];
  });
  return table(
    "in-train-and-test",
    "Test records with the texts of a train record",
    ["test record:count", "train record:count", "texts", "metric", "response"],
    rows.slice(0, mostListed),
    { shown: 10 },
  );
}

/** The largest clusters of near duplicates. */
function clusterTable(sets: readonly ExploredSet[]): Table {
  const all = sets.flatMap((set) =>
    [...set.records.keys()].filter((row) => hasTexts(set, row)).map((row) => ({
      set,
      row,
      cluster: set.clusters[row]!,
    }))
  );
  const rows = [...Map.groupBy(all, ({ cluster }) => cluster).values()].filter((same) => same.length > 1)
    .sort((a, b) => b.length - a.length).slice(0, mostListed)
    .map((same): Cell[] => {
      const { set, row } = same[0]!;
      return [
        same.length,
        new Set(same.map(({ set, row }) => textsKey(set, row))).size,
        ...sets.map((one) => same.filter(({ set }) => set === one).length),
        `${set.name} ${set.numbers[row]}`,
        visibleText(set.records[row]!.response, 80),
      ];
    });
  return table(
    "near-duplicates",
    "Groups of near duplicates, the largest first",
    [
      "records:count",
      "different texts:count",
      ...sets.map(({ name }) => `in ${name}:count`),
      "first record",
      "its response",
    ],
    rows,
    { shown: 10 },
  );
}

function hasTexts({ measures: { texts } }: ExploredSet, row: number): boolean {
  return texts.prompt.words[row]! + texts.response.words[row]! > 0;
}

function textsKey({ measures: { texts } }: ExploredSet, row: number): string {
  return `${texts["system prompt"].keys[row]} ${texts.prompt.keys[row]} ${texts.response.keys[row]}`;
}

function oneKey({ measures: { texts } }: ExploredSet, row: number, name: "prompt" | "response"): string | null {
  return texts[name].characters[row] === 0 ? null : String(texts[name].keys[row]);
}

const numbersOf = (set: ExploredSet, rows: readonly number[]) =>
  rows.slice(0, 8).map((row) => set.numbers[row]).join(", ") + (rows.length > 8 ? "…" : "");
