import { recordLanguages } from "../../data/texts/record_languages.ts";
import { intervals, lyingBars } from "../figures/charts.ts";
import { heatMap } from "../figures/maps.ts";
import { counted, formatNumber, formatShare } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { type Cell, type Table, table } from "../table.ts";
import { labels, visibleText } from "../visible_text.ts";
import { type ExploredSet, mostListed, namesOf, scoresOf } from "./explored_set.ts";
import { type TextName, textOf } from "./measures.ts";
import { countValues, type MeanInterval, meanInterval } from "./statistics.ts";

/** Records of a set that languages are looked for in, spread over the file. */
const sampled = 4000;

/** Scripts and languages that a figure shows. */
const shownGroups = 12;

/** A group below this many scores has no mean that is worth drawing. */
const leastScores = 10;

/** What the texts are written in, and how that goes with the score. */
export function languageSection(sets: readonly ExploredSet[]): Section {
  const names = namesOf(sets);
  const languages = findLanguages(sets);
  const scripts = (name: TextName) =>
    sets.map((set) => ({ set, rows: [...set.records.keys()], groups: set.measures.texts[name].scripts }));
  const mismatched = sets.map((set) => set.records.keys().filter((row) => mismatches(set, row)).toArray());
  const used = sets.flatMap(({ measures: { texts } }) => [texts.prompt.scripts, texts.response.scripts]);
  const order = [...countValues(used.flat()).keys()].slice(0, shownGroups);
  return {
    id: "languages",
    title: "Languages",
    text:
      `${
        sets.map(({ name, records }, i) =>
          `In ${name}, ${counted(mismatched[i]!.length, "response")} (${
            formatShare(mismatched[i]!.length / records.length)
          }) are in another script than their prompt.`
        ).join(" ")
      } A text's script is that of most of its letters. Languages that share a script are told apart by their words and ` +
      `named by their most telling ones, in up to ${sampled} records of each set.`,
    figures: [
      shareFigure("response-scripts", "Script of the responses", scripts("response"), names),
      shareFigure("prompt-scripts", "Script of the prompts", scripts("prompt"), names),
      ...sets.map((set) => pairsFigure(set, order)),
      shareFigure("languages-found", "Language of the records", languages, names),
      ...scoreFigures("score-by-language", "Mean score by language", languages),
      ...scoreFigures("score-by-script", "Mean score by script of the response", scripts("response")),
    ],
    tables: [mismatchScores(sets), mismatchTable(sets, mismatched)].filter(({ rows }) => rows.length > 0),
  };
}

/** True when prompt and response both have letters, and in different scripts. */
export function mismatches({ measures: { texts } }: ExploredSet, row: number): boolean {
  const prompt = texts.prompt.scripts[row]!, response = texts.response.scripts[row]!;
  return prompt !== "none" && response !== "none" && prompt !== response;
}

/** Records of a set, each with the name of its group. */
export interface Grouped {
  readonly set: ExploredSet;
  readonly rows: readonly number[];
  readonly groups: readonly string[];
}

/** The languages of some records of each set, found in all sets together so that names are the same in each. */
function findLanguages(sets: readonly ExploredSet[]): Grouped[] {
  const picked = sets.map(({ records }) => {
    const step = Math.max(records.length / sampled, 1);
    return Array.from({ length: Math.min(records.length, sampled) }, (_, i) => Math.floor(i * step));
  });
  const { languages } = recordLanguages(sets.flatMap(({ records }, i) => picked[i]!.map((row) => records[row]!)));
  return sets.map((set, i) => {
    const from = picked.slice(0, i).reduce((sum, rows) => sum + rows.length, 0);
    return { set, rows: picked[i]!, groups: languages.slice(from, from + picked[i]!.length) };
  });
}

function shareFigure(id: string, title: string, grouped: readonly Grouped[], names: readonly string[]): Figure {
  const counts = grouped.map(({ groups }) => countValues(groups));
  const groups = [...countValues(grouped.flatMap(({ groups }) => groups)).keys()];
  const label = labels(groups, 28);
  const all = groups.flatMap((group, g) =>
    grouped.map(({ set, rows }, i) => {
      const count = counts[i]!.get(group) ?? 0;
      return { label: label[g]!, set: set.name, count, value: count / rows.length };
    })
  );
  return {
    id,
    title,
    reading: grouped.map(({ set, rows }, i) => {
      const [top, count] = [...counts[i]!][0]!;
      return `${visibleText(top, 60)} has the most records of ${set.name}, ${formatShare(count / rows.length)}.`;
    }).join(" "),
    spec: lyingBars(all.slice(0, shownGroups * grouped.length), names, { x: "share of records", format: ".0%" }),
    data: table(
      id,
      title,
      ["group", "set", "records:count", "share:share"],
      all.map(({ label, set, count, value }) => [label, set, count, value]),
    ),
  };
}

function scoreFigures(id: string, title: string, grouped: readonly Grouped[]): Figure[] {
  const scored = grouped.filter(({ set, rows }) => scoresOf(set, rows).length > 0);
  const groups = [...countValues(scored.flatMap(({ groups }) => groups)).keys()];
  const label = labels(groups, 28);
  const all = groups.flatMap((group, g) =>
    scored.flatMap(({ set, rows, groups }) => {
      const scores = scoresOf(set, rows.filter((_, i) => groups[i] === group));
      return scores.length < leastScores ? [] : [{ label: label[g]!, set: set.name, ...meanInterval(scores) }];
    })
  );
  if (all.length === 0) return [];
  return [{
    id,
    title,
    reading: extremes(all),
    spec: intervals(
      all.slice(0, shownGroups * scored.length).map(({ label, set, mean, low, high }) => ({
        label,
        set,
        value: mean,
        low,
        high,
      })),
      scored.map(({ set }) => set.name),
      { x: "mean score (95 % interval)" },
    ),
    data: table(
      id,
      title,
      ["group", "set", "scores:count", "mean:number", "low:number", "high:number"],
      all.map(({ label, set, count, mean, low, high }) => [label, set, count, mean, low, high]),
    ),
  }];
}

/** Names the highest and the lowest of some means. */
export function extremes(means: readonly (MeanInterval & { readonly label: string; readonly set: string })[]): string {
  const sorted = means.toSorted((a, b) => b.mean - a.mean), high = sorted[0]!, low = sorted.at(-1)!;
  if (sorted.length === 1) return `${high.label} has a mean of ${formatNumber(high.mean)} in ${high.set}.`;
  return `${high.label} has the highest mean, ${
    formatNumber(high.mean)
  } in ${high.set}, and ${low.label} the lowest, ` +
    `${formatNumber(low.mean)} in ${low.set}.`;
}

/** How often each script of a prompt meets each of a response. */
function pairsFigure(set: ExploredSet, order: readonly string[]): Figure {
  const { prompt, response } = set.measures.texts;
  const pairs = countValues(set.records.map((_, row) => `${prompt.scripts[row]}\n${response.scripts[row]}`));
  const inRow = countValues<string>(prompt.scripts), inColumn = countValues<string>(response.scripts);
  const prompts = order.filter((script) => inRow.has(script)), responses = order.filter((one) => inColumn.has(one));
  const cells = prompts.flatMap((y) =>
    responses.map((x) => {
      const count = pairs.get(`${y}\n${x}`) ?? 0;
      return { x, y, count, value: count / inRow.get(y)! };
    })
  );
  const id = `script-pairs-${set.name}`, title = `Script of prompt and response, ${set.name}`;
  const apart = [...pairs].filter(([pair]) => pair.split("\n")[0] !== pair.split("\n")[1])[0];
  return {
    id,
    title,
    reading: apart === undefined
      ? "Every response is in the script of its prompt."
      : `The most frequent pair of different scripts: prompt ${apart[0].replace("\n", ", response ")}, ${
        counted(apart[1], "record")
      }.`,
    spec: heatMap(cells, {
      x: "response",
      y: "prompt",
      value: "share of prompts",
      domain: [0, 1],
      format: ".0%",
      size: [440, 140 + 24 * prompts.length],
    }),
    data: table(
      id,
      title,
      ["prompt", "response", "records:count", "share of the prompt's script:share"],
      cells.map(({ x, y, count, value }) => [y, x, count, value]),
    ),
  };
}

function mismatchScores(sets: readonly ExploredSet[]): Table {
  const rows = sets.flatMap((set) =>
    [true, false].flatMap((apart): Cell[][] => {
      const scores = scoresOf(set, set.records.keys().filter((row) => mismatches(set, row) === apart));
      if (scores.length === 0) return [];
      const { count, mean, low, high } = meanInterval(scores);
      return [[set.name, apart ? "different" : "same", count, mean, low, high]];
    })
  );
  return table("script-mismatch-scores", "Score by whether prompt and response share a script", [
    "set",
    "scripts",
    "scores:count",
    "mean:number",
    "low:number",
    "high:number",
  ], rows);
}

function mismatchTable(sets: readonly ExploredSet[], mismatched: readonly (readonly number[])[]): Table {
  const rows = sets.flatMap((set, i) =>
    mismatched[i]!.slice(0, mostListed).map((row): Cell[] => {
      const { prompt, response } = set.measures.texts, record = set.records[row]!;
      const start = (name: TextName) => visibleText(textOf(record, name), 60);
      return [
        set.name,
        set.numbers[row]!,
        prompt.scripts[row]!,
        response.scripts[row]!,
        record.score,
        start("prompt"),
        start("response"),
      ];
    })
  );
  return table(
    "script-mismatches",
    "Responses in another script than their prompt",
    [
      "set",
      "record:count",
      "prompt's script",
      "response's script",
      "score:number",
      "prompt",
      "response",
    ],
    rows,
    { shown: 8 },
  );
}
