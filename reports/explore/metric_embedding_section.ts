import type { MetricTable } from "../../data/metrics/metric_table.ts";
import { histogram } from "../figures/charts.ts";
import { heatMap, map } from "../figures/maps.ts";
import { counted, formatNumber, formatShare } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { type Cell, type Table, table } from "../table.ts";
import { labels, visibleText } from "../visible_text.ts";
import { categoryOf, type ExploredSet, namesOf } from "./explored_set.ts";
import { moments } from "../../data/moments.ts";
import { countValues } from "./statistics.ts";
import { groupCosines, norms, principalPlane, product, type Rows, unitRows } from "./vectors.ts";

/** Categories of the heat map, metrics on the map and those of them that are named, and metrics whose neighbours are listed. */
const mostCategories = 20, mostPoints = 1500, mostNamed = 20, mostListed = 500;

/** Neighbours of a metric that are listed. */
const neighbours = 3;

/** What the embeddings of the metrics are like. */
export function metricEmbeddingSection(sets: readonly ExploredSet[], metrics: MetricTable): Section {
  const { names, dimension, embeddings } = metrics;
  const rows: Rows = { data: embeddings, count: names.length, dimension };
  const counts = sets.map(({ records }) => countValues(records.map(({ metric }) => metric)));
  const known = new Set(names);
  const missing = sets.flatMap(({ name: set }, i) =>
    [...counts[i]!].filter(([name]) => name !== "" && !known.has(name)).map((
      [name, count],
    ): Cell[] => [name, set, count])
  );
  const uses = names.map((name) => counts.reduce((sum, some) => sum + (some.get(name) ?? 0), 0));
  const order = [...names.keys()].sort((a, b) => uses[b]! - uses[a]! || a - b);
  const lengths = norms(rows), unit = unitRows(rows);
  const odd = [...names.keys()].filter((row) => !(lengths[row]! > 0));
  return {
    id: "metric-embeddings",
    title: "Metric embeddings",
    text: `${counted(names.length, "embedding")} of ${dimension} numbers. ${counted(odd.length, "embedding")} zero, ${
      counted(missing.length, "metric")
    } of the records without one.`,
    figures: [
      ...normFigure(lengths),
      ...categoryFigure(names, unit, order),
      ...mapFigure(sets, counts, names, rows, order, uses),
    ],
    tables: [
      table("metrics-without-embedding", "Metrics of the records that have no embedding", [
        "metric",
        "set",
        "records:count",
      ], missing),
      table(
        "zero-embeddings",
        "Embeddings that are zero",
        ["metric", "records:count"],
        odd.map((row) => [names[row]!, uses[row]!]),
      ),
      neighbourTable(names, unit, order),
    ].filter(({ rows }) => rows.length > 0),
  };
}

function normFigure(lengths: Float64Array): Figure[] {
  const found = moments(lengths.filter((length) => Number.isFinite(length)));
  if (found === null) return [];
  const { min, max, mean } = found, same = max - min < 1e-3 * Math.max(max, 1e-9);
  const low = same ? min * 0.95 : min, width = ((same ? max * 1.05 : max) - low) / 20 || 1;
  const counts = new Array<number>(20).fill(0);
  for (const length of lengths) counts[Math.min(Math.floor((length - low) / width), 19)]!++;
  const data = counts.map((count, i) => ({
    low: low + i * width,
    high: low + (i + 1) * width,
    set: "metrics",
    count,
    value: count / lengths.length,
  }));
  return [{
    id: "metric-norms",
    title: "Length of the metrics' embeddings",
    reading: same
      ? `All have the length ${formatNumber(mean)}.`
      : `Lengths are from ${formatNumber(min)} to ${formatNumber(max)}, with a mean of ${formatNumber(mean)}.`,
    spec: histogram(data, ["metrics"], { x: "Euclidean length", y: "share of metrics" }),
    data: table(
      "metric-norms",
      "Length of the metrics' embeddings",
      ["from:number", "below:number", "metrics:count", "share:share"],
      data.map(({ low, high, count, value }) => [low, high, count, value]),
    ),
  }];
}

function categoryFigure(names: readonly string[], unit: Rows, order: readonly number[]): Figure[] {
  const groups = [...Map.groupBy(order, (row) => categoryOf(names[row]!))].sort(([, a], [, b]) => b.length - a.length)
    .slice(0, mostCategories);
  if (groups.length < 2) return [];
  const cosines = groupCosines(unit, groups.map(([, rows]) => rows));
  const label = labels(groups.map(([name]) => name), 24);
  const cells = label.flatMap((y, i) => label.map((x, j) => ({ x, y, i, j, value: cosines[i]![j]! })));
  const there = cells.filter(({ value }) => Number.isFinite(value));
  const nearest = there.filter(({ i, j }) => i < j).sort((a, b) => b.value - a.value)[0]!;
  const own = there.filter(({ i, j }) => i === j).map(({ value }) => value);
  const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
  const values = there.map(({ value }) => value);
  return [{
    id: "category-cosines",
    title: "Mean cosine of the metrics of two categories",
    reading: `${nearest.y} and ${nearest.x} are nearest, with a mean cosine of ${formatNumber(nearest.value)}${
      own.length === 0 ? "" : `; metrics of one category have ${formatNumber(mean)} on average`
    }.`,
    wide: true,
    spec: heatMap(there.map(({ x, y, value }) => ({ x, y, value })), {
      x: "category",
      y: "category",
      value: "mean cosine",
      domain: [Math.min(...values), Math.max(...values)],
      size: [900, 170 + 22 * label.length],
    }),
    data: table(
      "category-cosines",
      "Mean cosine of the metrics of two categories",
      ["category", "metrics:count", ...groups.map(([name]) => `${visibleText(name, 40)}:number`)],
      groups.map(([name, rows], i) => [name, rows.length, ...cosines[i]!]),
    ),
  }];
}

function mapFigure(
  sets: readonly ExploredSet[],
  counts: readonly ReadonlyMap<string, number>[],
  names: readonly string[],
  all: Rows,
  order: readonly number[],
  uses: readonly number[],
): Figure[] {
  if (names.length < 3) return [];
  const { x, y, shares } = principalPlane(all);
  const kindOf = (row: number) => namesOf(sets).find((_, i) => counts[i]!.has(names[row]!)) ?? "no records";
  const kinds = sets.length > 1 ? ["train", "test", "no records"] : ["train", "no records"];
  const shown = order.slice(0, mostPoints), label = labels(names, 30);
  const points = shown.map((row) => ({ x: x[row]!, y: y[row]!, set: kindOf(row), size: uses[row]! }));
  const named = spreadOut(shown.slice(0, 200), x, y, mostNamed);
  const later = points.filter(({ set }) => set === "test").length;
  return [{
    id: "metric-map",
    title: "Map of the metrics",
    reading: `The two principal axes hold ${formatShare(shares[0] + shares[1])} of the embeddings' variance${
      sets.length > 1 ? `; ${counted(later, "metric")} that only test has ${later === 1 ? "is" : "are"} marked` : ""
    }.`,
    wide: true,
    spec: map(points, named.map((row) => ({ x: x[row]!, y: y[row]!, label: label[row]! })), kinds, {
      x: `first principal axis (${formatShare(shares[0])} of the variance)`,
      y: `second principal axis (${formatShare(shares[1])})`,
      size: "records",
    }),
    data: table(
      "metric-map",
      "Map of the metrics",
      ["metric", "in", "records:count", "first axis:number", "second axis:number"],
      order.map((row) => [names[row]!, kindOf(row), uses[row]!, x[row]!, y[row]!]),
    ),
  }];
}

/** Some rows whose names do not lie over one another, the first of the rows first. */
function spreadOut(rows: readonly number[], x: Float64Array, y: Float64Array, most: number): number[] {
  const range = (values: Float64Array) =>
    Math.max(...rows.map((row) => values[row]!)) -
    Math.min(...rows.map((row) => values[row]!));
  const width = range(x) || 1, height = range(y) || 1, picked: number[] = [];
  for (const row of rows) {
    const free = picked.every((other) =>
      Math.abs(x[row]! - x[other]!) / width > 0.22 || Math.abs(y[row]! - y[other]!) / height > 0.04
    );
    if (free) picked.push(row);
    if (picked.length === most) break;
  }
  return picked;
}

function neighbourTable(names: readonly string[], unit: Rows, order: readonly number[]): Table {
  const listed = order.slice(0, mostListed);
  const rows = listed.map((row): Cell[] => {
    const best: [cosine: number, other: number][] = [];
    for (let other = 0; other < names.length; other++) {
      if (other === row) continue;
      const cosine = product(unit, row, other);
      if (best.length === neighbours && cosine <= best[neighbours - 1]![0]) continue;
      best.push([cosine, other]);
      best.sort((a, b) => b[0] - a[0]);
      best.length = Math.min(best.length, neighbours);
    }
    const cells = Array.from(
      { length: neighbours },
      (_, i) => best[i] ? [names[best[i][1]]!, best[i][0]] : [null, null],
    );
    return [names[row]!, ...cells.flat()];
  });
  const columns = Array.from({ length: neighbours }, (_, i) => [`neighbour ${i + 1}`, `cosine ${i + 1}:number`]).flat();
  return table("metric-neighbours", "Nearest metrics of each metric", ["metric", ...columns], rows, {
    reading: listed.length < names.length ? `Of the ${mostListed} metrics with the most records.` : "",
    shown: 15,
  });
}
