import { scoreClass } from "../../data/scores.ts";
import { bars } from "../figures/charts.ts";
import { counted, formatNumber, formatShare } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { table } from "../table.ts";
import { type ExploredSet, namesOf, scoresOf } from "./explored_set.ts";
import { moments } from "../../data/moments.ts";
import { countValues } from "./statistics.ts";

const classes = Array.from({ length: 11 }, (_, score) => score);

/** How the scores are distributed: in records, in shares, and those between whole numbers. */
export function scoreSection(all: readonly ExploredSet[]): Section {
  const sets = all.filter((set) => scoresOf(set).length > 0);
  const unscored = all.filter((set) => !sets.includes(set)).map(({ name }) => name);
  const note = unscored.map((name) => `The records of ${name} have no scores. `).join("");
  if (sets.length === 0) return { id: "scores", title: "Scores", text: note, figures: [], tables: [] };
  const described = sets.map((set) => ({ set, scores: scoresOf(set), of: moments(scoresOf(set))! }));
  const counts = described.map(({ set: { name }, scores }) => {
    const found = countValues([...scores].map(scoreClass));
    return classes.map((score) => ({
      label: String(score),
      set: name,
      count: found.get(score) ?? 0,
      value: (found.get(score) ?? 0) / scores.length,
    }));
  });
  const data = table(
    "score-distribution",
    "Records of each score",
    ["score", "set", "records:count", "share:share"],
    counts.flat().map(({ label, set, count, value }) => [label, set, count, value]),
  );
  const names = namesOf(sets);
  const offGrid = described.map(({ scores }) => [...scores].filter((score) => !Number.isInteger(score)));
  const figure = (id: string, title: string, reading: string, raw: boolean): Figure => ({
    id,
    title,
    reading,
    spec: bars(
      counts.flat().map((datum) => ({ ...datum, value: raw ? datum.count : datum.value })),
      names,
      raw ? { x: "score", y: "records" } : { x: "score", y: "share of the set's records", format: ".0%" },
    ),
    data: { ...data, id },
  });
  return {
    id: "scores",
    title: "Scores",
    text: `${note}${
      described.map(({ set, of }) =>
        `In ${set.name} the mean is ${formatNumber(of.mean)}, the standard deviation ${
          formatNumber(of.deviation)
        } and ` +
        `the skewness ${formatNumber(of.skewness)}${of.skewness < -1 ? ": most scores are high, few are low" : ""}. `
      ).join("")
    }Scores between whole numbers are counted with the nearest, 9.5 with 10.`,
    figures: [
      figure(
        "score-counts",
        "Records of each score",
        counts.map((own) => {
          const top = own.toSorted((a, b) => b.count - a.count)[0]!;
          return `${counted(top.count, "record")} of ${top.set} score ${top.label}, more than any other score.`;
        }).join(" "),
        true,
      ),
      figure(
        "score-shares",
        "Share of each score",
        counts.map((own) => {
          const high = own.slice(9).reduce((sum, { value }) => sum + value, 0);
          return `${formatShare(high)} of ${own[0]!.set} score 9 or 10.`;
        }).join(" "),
        false,
      ),
    ],
    tables: [
      table(
        "score-statistics",
        "Scores in numbers",
        [
          "set",
          "scores:count",
          "without score:count",
          "mean:number",
          "standard deviation:number",
          "skewness:number",
          "lowest:number",
          "median:number",
          "highest:number",
          "between whole numbers:count",
        ],
        described.map(({ set, of }, i) => [
          set.name,
          of.count,
          set.records.length - of.count,
          of.mean,
          of.deviation,
          of.skewness,
          of.min,
          of.median,
          of.max,
          offGrid[i]!.length,
        ]),
      ),
      table(
        "scores-off-grid",
        "Scores between whole numbers",
        ["score:number", "set", "records:count"],
        described.flatMap(({ set }, i) =>
          [...countValues(offGrid[i]!)].map(([score, count]) => [score, set.name, count])
        ),
        { shown: 15, reading: "They are often typing errors or the means of several judgements." },
      ),
    ].filter(({ rows }) => rows.length > 0),
  };
}
