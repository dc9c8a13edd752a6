import type { TokenCounter } from "../../encoders/tokenizer/token_counter.ts";
import { histogram, trend } from "../figures/charts.ts";
import { plane } from "../figures/maps.ts";
import type { Datum } from "../figures/spec.ts";
import { counted, formatCount, formatNumber, formatShare } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { type Cell, type Table, table } from "../table.ts";
import { visibleText } from "../visible_text.ts";
import { spearman } from "../../data/evaluation.ts";
import { type ExploredSet, mostListed, namesOf, scoresOf } from "./explored_set.ts";
import { type TextName, textNames, textOf } from "./measures.ts";
import { quantile } from "../../data/moments.ts";
import { meanInterval } from "./statistics.ts";

const units = ["characters", "words", "tokens"] as const;
type Unit = (typeof units)[number];

/** Bins for a doubling of the length. */
const binsPerDoubling = 2;

/** Parts of equal size that scores are averaged over. */
const parts = 10;

/** What tells of the tokens that an encoder reads. */
type Limit = Pick<TokenCounter, "folder" | "maxTokens">;

/** How long the texts are, and how that goes with the score. @param limit of the encoder whose tokens were counted; null for none */
export function lengthSection(sets: readonly ExploredSet[], limit: Limit | null): Section {
  const scored = sets.filter((set) => scoresOf(set).length > 0);
  const histograms = textNames.flatMap((name) => units.map((unit) => histogramFigure(sets, name, unit, limit)));
  return {
    id: "lengths",
    title: "Lengths",
    text: "Characters are code points; words are those of any script, without punctuation. Texts that are empty are " +
      "left out of the figures. " +
      (limit === null
        ? "--tokenizer FOLDER counts tokens too, as the encoder in a Hugging Face folder reads them."
        : `Tokens are those of ${limit.folder}, with those that begin and end each text; it reads the first ${limit.maxTokens} of a text.`),
    figures: [
      ...histograms.filter((figure) => figure !== null),
      ...planes(sets),
      ...(["response", "prompt"] as const).flatMap((name) => trendFigure(scored, name)),
    ],
    tables: [lengthTable(sets), ...(limit === null ? [] : [limitTable(sets, limit)]), longTable(sets)].filter((
      { rows },
    ) => rows.length > 0),
  };
}

const lengthsOf = (set: ExploredSet, name: TextName, unit: Unit) => set.measures.texts[name][unit];

/** The bin of a length; its bounds are `bound(bin)` and `bound(bin + 1)`. */
const binOf = (length: number) => Math.floor(binsPerDoubling * Math.log2(length) + 1e-9);
const bound = (bin: number) => 2 ** (bin / binsPerDoubling);

function histogramFigure(
  sets: readonly ExploredSet[],
  name: TextName,
  unit: Unit,
  limit: Limit | null,
): Figure | null {
  const there = sets.filter((set) => lengthsOf(set, name, unit).some((length) => length > 0));
  if (there.length === 0) return null;
  const bins = there.map((set) => [...lengthsOf(set, name, unit)].filter((length) => length > 0).map(binOf));
  const [first, last] = range(bins.flat());
  const data = there.flatMap((set, i) => {
    const counts = new Map<number, number>();
    for (const bin of bins[i]!) counts.set(bin, (counts.get(bin) ?? 0) + 1);
    return Array.from({ length: last - first + 1 }, (_, k) => {
      const bin = first + k, count = counts.get(bin) ?? 0;
      return { low: bound(bin), high: bound(bin + 1), set: set.name, count, value: count / bins[i]!.length };
    });
  });
  const id = `${name.replace(" ", "-")}-${unit}`, title = `${capital(unit)} of the ${name}`;
  return {
    id,
    title,
    reading: there.map((set) => {
      const sorted = lengthsOf(set, name, unit).filter((length) => length > 0).toSorted();
      return `Half of ${set.name} ${sorted.length === set.records.length ? "" : "that has one "}is from ${
        formatCount(quantile(sorted, 0.25))
      } to ${formatCount(quantile(sorted, 0.75))} ${unit} long, the longest ${formatCount(sorted.at(-1)!)}.${
        unit === "tokens" && limit ? ` ${beyondWords(set, name, limit)}` : ""
      }`;
    }).join(" "),
    spec: histogram(data, namesOf(there), { x: `${unit} (logarithmic)`, y: "share of records", log: true }),
    data: table(
      id,
      title,
      [`from ${unit}:number`, `below ${unit}:number`, "set", "records:count", "share:share"],
      data.map(({ low, high, set, count, value }) => [low, high, set, count, value]),
    ),
  };
}

/** Prompt against response in words, a plane for each set with the same axes and colours. */
function planes(sets: readonly ExploredSet[]): Figure[] {
  const all = sets.map((set) => {
    const counts = new Map<string, number>();
    const prompts = lengthsOf(set, "prompt", "words"), responses = lengthsOf(set, "response", "words");
    let rows = 0;
    prompts.forEach((prompt, row) => {
      if (prompt === 0 || responses[row] === 0) return;
      const key = `${binOf(prompt)} ${binOf(responses[row]!)}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      rows++;
    });
    const cells = [...counts].map(([key, count]) => {
      const [x, y] = key.split(" ").map(Number) as [number, number];
      return { x, y, count, value: count / rows };
    });
    return { set, cells, ratio: ratioOf(prompts, responses) };
  }).filter(({ cells }) => cells.length > 0);
  const cells = all.flatMap(({ cells }) => cells);
  if (cells.length === 0) return [];
  const [xFirst, xLast] = range(cells.map(({ x }) => x)), [yFirst, yLast] = range(cells.map(({ y }) => y));
  const highest = Math.max(...cells.map(({ value }) => value));
  return all.map(({ set, cells, ratio }) => {
    const id = `prompt-response-${set.name}`, title = `Prompt against response, ${set.name}`;
    const data = cells.map(({ x, y, count, value }) => ({
      xLow: bound(x),
      xHigh: bound(x + 1),
      yLow: bound(y),
      yHigh: bound(y + 1),
      count,
      value,
    }));
    return {
      id,
      title,
      reading: `In the middle of ${set.name} a response has ${formatNumber(ratio)} times the words of its prompt.`,
      spec: plane(data, {
        x: "words of the prompt (logarithmic)",
        y: "words of the response (logarithmic)",
        highest,
        domains: [[bound(xFirst), bound(xLast + 1)], [bound(yFirst), bound(yLast + 1)]],
      }),
      data: table(
        id,
        title,
        [
          "prompt from words:number",
          "below:number",
          "response from words:number",
          "below words:number",
          "records:count",
          "share:share",
        ],
        data.toSorted((a, b) => b.count - a.count)
          .map(({ xLow, xHigh, yLow, yHigh, count, value }) => [xLow, xHigh, yLow, yHigh, count, value]),
      ),
    };
  });
}

function ratioOf(prompts: Float64Array, responses: Float64Array): number {
  const ratios = responses.map((words, row) => words / prompts[row]!).filter((ratio) => ratio > 0 && ratio < Infinity);
  return quantile(ratios.toSorted(), 0.5);
}

/** The mean score over parts of equal size, from the shortest texts to the longest. */
function trendFigure(sets: readonly ExploredSet[], name: "prompt" | "response"): Figure[] {
  const data: (Datum & { readonly count: number })[] = [], readings: string[] = [];
  for (const set of sets) {
    const lengths = lengthsOf(set, name, "words");
    const rows = [...set.records.keys()].filter((row) => lengths[row]! > 0 && set.records[row]!.score !== null);
    if (rows.length < parts) continue;
    rows.sort((a, b) => lengths[a]! - lengths[b]!);
    const rank = spearman(rows.map((row) => lengths[row]!), Array.from(scoresOf(set, rows)));
    readings.push(
      `Rank correlation of length and score in ${set.name}: ${Number.isFinite(rank) ? rank.toFixed(2) : "none"}.`,
    );
    for (let part = 0; part < parts; part++) {
      const own = rows.slice(Math.floor(part * rows.length / parts), Math.floor((part + 1) * rows.length / parts));
      const { mean, low, high, count } = meanInterval(scoresOf(set, own));
      data.push({ x: lengths[own[own.length >> 1]!]!, set: set.name, value: mean, low, high, count });
    }
  }
  if (data.length === 0) return [];
  const id = `score-by-${name}-length`, title = `Mean score by words of the ${name}`;
  return [{
    id,
    title,
    reading: readings.join(" "),
    spec: trend(data, namesOf(sets), {
      x: `words of the ${name}, median of each tenth (logarithmic)`,
      y: "mean score",
      log: true,
    }),
    data: table(
      id,
      title,
      [`words of the ${name}:count`, "set", "scores:count", "mean:number", "low:number", "high:number"],
      data.map(({ x, set, count, value, low, high }) => [x!, set!, count, value!, low!, high!]),
    ),
  }];
}

function lengthTable(sets: readonly ExploredSet[]): Table {
  const rows = textNames.flatMap((name) =>
    units.flatMap((unit) =>
      sets.flatMap((set): Cell[][] => {
        const sorted = lengthsOf(set, name, unit).filter((length) => length > 0).toSorted();
        if (sorted.length === 0) return [];
        const mean = sorted.reduce((sum, length) => sum + length, 0) / sorted.length;
        const quantiles = [0, 0.25, 0.5, 0.75, 0.99, 1].map((share) => quantile(sorted, share));
        return [[name, unit, set.name, sorted.length, mean, ...quantiles]];
      })
    )
  );
  return table("lengths", "Lengths in numbers", [
    "text",
    "unit",
    "set",
    "texts:count",
    "mean:number",
    "shortest:count",
    "25 %:count",
    "median:count",
    "75 %:count",
    "99 %:count",
    "longest:count",
  ], rows);
}

/** Texts of a set, and those of which an encoder does not read the end. */
function beyondLimit(set: ExploredSet, name: TextName, { maxTokens }: Limit) {
  const there = lengthsOf(set, name, "tokens").filter((length) => length > 0);
  return { texts: there.length, beyond: there.filter((length) => length > maxTokens).length };
}

function beyondWords(set: ExploredSet, name: TextName, limit: Limit): string {
  const { texts, beyond } = beyondLimit(set, name, limit);
  return beyond === 0
    ? "The encoder reads all of each."
    : `The encoder does not read the end of ${formatShare(beyond / texts)}.`;
}

/** How many texts are longer than an encoder reads. */
function limitTable(sets: readonly ExploredSet[], limit: Limit): Table {
  const rows = textNames.flatMap((name) =>
    sets.flatMap((set): Cell[][] => {
      const { texts, beyond } = beyondLimit(set, name, limit);
      return texts === 0 ? [] : [[name, set.name, texts, limit.maxTokens, beyond, beyond / texts]];
    })
  );
  return table("token-limit", "Texts beyond the encoder's limit", [
    "text",
    "set",
    "texts:count",
    "tokens that are read:count",
    "longer texts:count",
    "share:share",
  ], rows);
}

/** The texts that are longer than 99 % of their kind. */
function longTable(sets: readonly ExploredSet[]): Table {
  const rows = textNames.flatMap((name) =>
    sets.flatMap((set) => {
      const lengths = lengthsOf(set, name, "characters"), words = lengthsOf(set, name, "words");
      const there = lengths.filter((length) => length > 0);
      if (there.length === 0) return [];
      const limit = quantile(there.toSorted(), 0.99);
      return [...set.records.keys()].filter((row) => lengths[row]! > limit).map((row): Cell[] => [
        name,
        set.name,
        set.numbers[row]!,
        lengths[row]!,
        words[row]!,
        lengths[row]! / limit,
        set.records[row]!.score,
        visibleText(textOf(set.records[row]!, name), 80),
      ]);
    })
  ).sort((a, b) => Number(b[5]) - Number(a[5]));
  return table(
    "longest-texts",
    "Texts beyond the 99th percentile",
    [
      "text",
      "set",
      "record:count",
      "characters:count",
      "words:count",
      "times the percentile:number",
      "score:number",
      "beginning",
    ],
    rows.slice(0, mostListed),
    {
      reading: `${counted(rows.length, "text")}, those first that are longest beside others of their kind.`,
      shown: 15,
    },
  );
}

function range(values: readonly number[]): [number, number] {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
