import { boxes, intervals, lyingBars } from "../figures/charts.ts";
import { counted, formatShare } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import { labels } from "../visible_text.ts";
import { type ExploredSet, scoresOf } from "./explored_set.ts";
import { extremes } from "./language_section.ts";
import { moments, quantile } from "../../data/moments.ts";
import { countValues, meanInterval } from "./statistics.ts";

/** Metrics that the figures show: the most frequent, those with boxes, and those at either end of the means. */
const frequent = 20, boxed = 10, atEnds = 10;

/** A metric below this many scores has no mean that is worth ranking. */
const leastScores = 5;

/** A set's records by metric. */
interface MetricRows {
  readonly set: ExploredSet;
  readonly rows: ReadonlyMap<string, readonly number[]>;
}

/** Which metrics the records have, and how they are scored. */
export function metricSection(sets: readonly ExploredSet[]): Section {
  const all = sets.map((set): MetricRows => ({
    set,
    rows: Map.groupBy(
      set.records.keys().filter((row) => set.records[row]!.metric !== ""),
      (row) => set.records[row]!.metric,
    ),
  }));
  const counts = new Map<string, number>();
  for (const { rows } of all) for (const [name, own] of rows) counts.set(name, (counts.get(name) ?? 0) + own.length);
  const names = [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const label = new Map(labels(names, 26).map((label, i) => [names[i]!, label]));
  const unseen = names.filter((name) => sets.length > 1 && !all[0]!.rows.has(name));
  const unseenRecords = unseen.reduce((sum, name) => sum + counts.get(name)!, 0);
  const means = names.flatMap((name) =>
    all.flatMap(({ set, rows }) => {
      const scores = scoresOf(set, rows.get(name) ?? []);
      return scores.length === 0 ? [] : [{ name, label: label.get(name)!, set: set.name, ...meanInterval(scores) }];
    })
  );
  return {
    id: "metrics",
    title: "Metrics",
    text: `${all.map(({ set, rows }) => counted(rows.size, "metric") + ` in ${set.name}`).join(", ")}.${
      sets.length < 2
        ? ""
        : unseen.length === 0
        ? " Every metric of test is in train."
        : ` ${counted(unseen.length, "metric")} of test ${unseen.length === 1 ? "is" : "are"} not in train; ${
          formatShare(unseenRecords / sets[1]!.records.length)
        } of its records have one.`
    }`,
    figures: names.length === 0 ? [] : [
      frequentFigure(names.slice(0, frequent), label, all),
      ...boxFigure(names, label, all),
      ...meanFigures(means),
    ],
    tables: [
      table(
        "metrics",
        "Every metric",
        ["metric", ...sets.map(({ name }) => `records of ${name}:count`)],
        names.map((name) => [name, ...all.map(({ rows }) => rows.get(name)?.length ?? 0)]),
        { shown: 20 },
      ),
      table(
        "metric-means",
        "Mean score of every metric",
        ["metric", "set", "scores:count", "mean:number", "low:number", "high:number"],
        means.map(({ name, set, count, mean, low, high }) => [name, set, count, mean, low, high]),
        { shown: 15 },
      ),
      table(
        "unseen-metrics",
        "Metrics of test that train lacks",
        ["metric", "records:count"],
        unseen.map((name) => [name, counts.get(name)!]),
        { shown: 20 },
      ),
    ].filter(({ rows }) => rows.length > 0),
  };
}

function frequentFigure(
  names: readonly string[],
  label: ReadonlyMap<string, string>,
  all: readonly MetricRows[],
): Figure {
  const data = names.flatMap((name) =>
    all.map(({ set, rows }) => {
      const count = rows.get(name)?.length ?? 0;
      return { name, label: label.get(name)!, set: set.name, count, value: count / set.records.length };
    })
  );
  const share = names.reduce((sum, name) => sum + (all[0]!.rows.get(name)?.length ?? 0), 0) /
    all[0]!.set.records.length;
  const title = names.length < frequent ? "Metrics by frequency" : `The ${frequent} most frequent metrics`;
  return {
    id: "frequent-metrics",
    title,
    reading: `${label.get(names[0]!)} is the most frequent. ${counted(names.length, "metric")} ${
      names.length === 1 ? "has" : "have"
    } ${formatShare(share)} of the records of ${all[0]!.set.name}.`,
    spec: lyingBars(data, all.map(({ set }) => set.name), { x: "share of the set's records", format: "~%" }),
    data: table(
      "frequent-metrics",
      title,
      ["metric", "set", "records:count", "share:share"],
      data.map(({ name, set, count, value }) => [name, set, count, value]),
    ),
  };
}

function boxFigure(names: readonly string[], label: ReadonlyMap<string, string>, all: readonly MetricRows[]): Figure[] {
  const scored = all.filter(({ set }) => scoresOf(set).length > 0);
  const top = names.filter((name) => scored.some(({ set, rows }) => scoresOf(set, rows.get(name) ?? []).length > 0))
    .slice(0, boxed);
  const found = top.flatMap((name) =>
    scored.flatMap(({ set, rows }) => {
      const scores = scoresOf(set, rows.get(name) ?? []).toSorted();
      return scores.length === 0 ? [] : [{ name, label: label.get(name)!, set: set.name, ...boxOf(scores) }];
    })
  );
  if (found.length === 0) return [];
  const beyond = found.flatMap(({ label, set, beyond }) =>
    [...beyond].map(([value, count]) => ({ label, set, value, count }))
  );
  const widest = found.toSorted((a, b) => (b.third - b.first) - (a.third - a.first))[0]!;
  const title = `Scores of the ${top.length} most frequent metrics`;
  return [{
    id: "metric-boxes",
    title,
    reading:
      `Half of the scores lie in the box, the thick mark is the median, and scores beyond 1.5 times the box are ` +
      `points. ${widest.label} has the widest box, from ${widest.first} to ${widest.third} in ${widest.set}.`,
    spec: boxes(
      found.map(({ label, set, low, first, median, third, high }) => ({ label, set, low, first, median, third, high })),
      beyond,
      scored.map(({ set }) => set.name),
      { x: "score" },
    ),
    data: table(
      "metric-boxes",
      title,
      [
        "metric",
        "set",
        "scores:count",
        "lower whisker:number",
        "25 %:number",
        "median:number",
        "75 %:number",
        "upper whisker:number",
        "beyond:count",
      ],
      found.map(({ name, set, count, low, first, median, third, high, beyond }): Cell[] => [
        name,
        set,
        count,
        low,
        first,
        median,
        third,
        high,
        beyond.values().reduce((sum, count) => sum + count, 0),
      ]),
    ),
  }];
}

/** The box of sorted scores; whiskers end at the last scores within 1.5 times its length (Tukey). */
export function boxOf(sorted: Float64Array) {
  const first = quantile(sorted, 0.25), third = quantile(sorted, 0.75), reach = 1.5 * (third - first);
  const within = sorted.filter((score) => score >= first - reach && score <= third + reach);
  return {
    count: sorted.length,
    low: within[0]!,
    first,
    median: moments(sorted)!.median,
    third,
    high: within.at(-1)!,
    beyond: countValues(sorted.filter((score) => score < first - reach || score > third + reach)),
  };
}

function meanFigures(
  means: readonly (ReturnType<typeof meanInterval> & { name: string; label: string; set: string })[],
): Figure[] {
  const sets = [...new Set(means.map(({ set }) => set))];
  const ranked = means.filter(({ set, count }) => set === sets[0] && count >= leastScores).sort((a, b) =>
    b.mean - a.mean
  );
  if (ranked.length === 0) return [];
  const ends = ranked.length <= 2 * atEnds ? [["metric-mean-scores", "Mean score by metric", ranked] as const] : [
    ["highest-metrics", `Metrics with the highest mean scores`, ranked.slice(0, atEnds)] as const,
    ["lowest-metrics", `Metrics with the lowest mean scores`, ranked.slice(-atEnds).reverse()] as const,
  ];
  return ends.map(([id, title, some]) => {
    const data = some.flatMap(({ name }) => means.filter((one) => one.name === name));
    return {
      id,
      title,
      reading: `Of the ${counted(ranked.length, "metric")} with ${leastScores} scores or more in ${sets[0]}: ${
        extremes(data)
      }`,
      spec: intervals(
        data.map(({ label, set, mean, low, high }) => ({ label, set, value: mean, low, high })),
        sets,
        { x: "mean score (95 % interval)" },
      ),
      data: table(
        id,
        title,
        ["metric", "set", "scores:count", "mean:number", "low:number", "high:number"],
        data.map(({ name, set, count, mean, low, high }) => [name, set, count, mean, low, high]),
      ),
    };
  });
}
