import type { Datum, Spec } from "./spec.ts";
import { colors, figureWidth, setColors, setDashes, setShapes, wideWidth } from "./theme.ts";

/** The sets that a figure shows side by side. */
export type SetNames = readonly string[];

const fit = { type: "fit", contains: "padding" } as const;

const setColor = (sets: SetNames) =>
  ({
    field: "set",
    type: "nominal",
    scale: { domain: [...sets], range: setColors },
    legend: sets.length > 1 ? { title: null } : null,
  }) as const;

/** Upright bars of values {label, set, value}, the sets side by side. */
export function bars(data: readonly Datum[], sets: SetNames, options: {
  readonly x: string;
  readonly y: string;
  readonly format?: string;
}): Spec {
  return {
    width: figureWidth,
    height: 260,
    autosize: fit,
    data: { values: [...data] },
    mark: { type: "bar" },
    encoding: {
      x: { field: "label", type: "nominal", sort: null, title: options.x, axis: { labelAngle: 0 } },
      xOffset: { field: "set", sort: [...sets] },
      y: {
        field: "value",
        type: "quantitative",
        title: options.y,
        axis: { format: options.format ?? "~s", tickCount: 5 },
      },
      color: setColor(sets),
    },
  };
}

/** Height of a figure that has a row for each label. */
const rowsHeight = (data: readonly Datum[], sets: SetNames) =>
  70 + new Set(data.map(({ label }) => label)).size * (sets.length > 1 ? 22 : 18);

/** Lying bars of values {label, set, value}, from the top down. */
export function lyingBars(data: readonly Datum[], sets: SetNames, options: {
  readonly x: string;
  readonly format?: string;
}): Spec {
  return {
    width: figureWidth,
    height: rowsHeight(data, sets),
    autosize: fit,
    data: { values: [...data] },
    mark: { type: "bar" },
    encoding: {
      y: { field: "label", type: "nominal", sort: null, title: null },
      yOffset: { field: "set", sort: [...sets] },
      x: {
        field: "value",
        type: "quantitative",
        title: options.x,
        axis: { format: options.format ?? "~s", tickCount: 5 },
      },
      color: setColor(sets),
    },
  };
}

/** Means {label, set, value, low, high} as points on their intervals, from the top down. */
export function intervals(data: readonly Datum[], sets: SetNames, options: { readonly x: string }): Spec {
  const y = { field: "label", type: "nominal", sort: null, title: null } as const;
  const yOffset = { field: "set", sort: [...sets] };
  return {
    width: figureWidth,
    height: rowsHeight(data, sets),
    autosize: fit,
    data: { values: [...data] },
    encoding: { y, yOffset, color: setColor(sets) },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 1.5 },
        encoding: {
          x: {
            field: "low",
            type: "quantitative",
            title: options.x,
            scale: { zero: false, nice: true },
            axis: { tickCount: 6 },
          },
          x2: { field: "high" },
        },
      },
      {
        mark: { type: "point", filled: true, size: 46, opacity: 1 },
        encoding: {
          x: { field: "value", type: "quantitative" },
          shape: { field: "set", type: "nominal", scale: { domain: [...sets], range: setShapes }, legend: null },
        },
      },
    ],
  };
}

/** Means {x, set, value, low, high} along a number, joined by lines. */
export function trend(data: readonly Datum[], sets: SetNames, options: {
  readonly x: string;
  readonly y: string;
  readonly log?: boolean;
}): Spec {
  return {
    width: figureWidth,
    height: 260,
    autosize: fit,
    data: { values: [...data] },
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        title: options.x,
        scale: options.log ? { type: "log", nice: false, padding: 12 } : { zero: false },
        axis: { format: "~s", tickCount: 5, grid: false },
      },
      color: setColor(sets),
    },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 1.5 },
        encoding: {
          y: { field: "low", type: "quantitative", title: options.y, scale: { zero: false }, axis: { tickCount: 5 } },
          y2: { field: "high" },
        },
      },
      {
        mark: { type: "line", point: { filled: true, size: 36 } },
        encoding: { y: { field: "value", type: "quantitative" } },
      },
    ],
  };
}

/** A histogram {low, high, set, value} whose bins touch, as outlines that lie over one another. */
export function histogram(data: readonly Datum[], sets: SetNames, options: {
  readonly x: string;
  readonly y: string;
  readonly log?: boolean;
}): Spec {
  return {
    width: figureWidth,
    height: 230,
    autosize: fit,
    data: { values: outline(data) },
    mark: { type: "area", line: { strokeWidth: 1.8 }, fillOpacity: 0.18, interpolate: "step-after" },
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        title: options.x,
        scale: options.log ? { type: "log", nice: false } : { nice: false, zero: false },
        axis: { format: "~s", tickCount: 6, grid: false },
      },
      y: {
        field: "value",
        type: "quantitative",
        stack: null,
        title: options.y,
        axis: { format: ".0%", tickCount: 4 },
      },
      color: setColor(sets),
      strokeDash: { field: "set", scale: { domain: [...sets], range: setDashes }, legend: null },
    },
  };
}

/** The bins of each set as corners of an outline that ends at the bottom. */
function outline(data: readonly Datum[]): Datum[] {
  const corners = data.map(({ low, set, value }) => ({ x: low!, set: set!, value: value! }));
  const ends = [...Map.groupBy(data, ({ set }) => set)].map(([set, bins]) => ({
    x: bins.at(-1)!.high!,
    set: set!,
    value: 0,
  }));
  return [...corners, ...ends];
}

/** Boxes {label, set, low, first, median, third, high} and what lies beyond their whiskers {label, set, value, count}. */
export function boxes(
  data: readonly Datum[],
  beyond: readonly Datum[],
  sets: SetNames,
  options: { readonly x: string },
): Spec {
  const size = sets.length > 1 ? 8 : 11;
  const x = {
    type: "quantitative" as const,
    title: options.x,
    scale: { domain: [0, 10] },
    axis: { tickCount: 10 },
  };
  return {
    width: figureWidth,
    height: 60 + new Set(data.map(({ label }) => label)).size * (sets.length > 1 ? 28 : 22),
    autosize: fit,
    data: { values: [...data] },
    encoding: {
      y: { field: "label", type: "nominal", sort: null, title: null },
      yOffset: { field: "set", sort: [...sets] },
      color: setColor(sets),
    },
    layer: [
      { mark: { type: "rule" }, encoding: { x: { field: "low", ...x }, x2: { field: "high" } } },
      {
        mark: { type: "bar", size, fillOpacity: 0.3, strokeWidth: 1.5 },
        encoding: { x: { field: "first", ...x }, x2: { field: "third" }, stroke: setColor(sets) },
      },
      { mark: { type: "tick", thickness: 3, size: size + 2 }, encoding: { x: { field: "median", ...x } } },
      {
        data: { values: [...beyond] },
        mark: { type: "point", filled: false },
        encoding: {
          x: { field: "value", ...x },
          size: { field: "count", type: "quantitative", scale: { range: [12, 60] }, legend: null },
        },
      },
    ],
  };
}

/** Cells {x, y, value} of a table, coloured by their values. */
export function heatMap(data: readonly Datum[], options: {
  readonly x: string;
  readonly y: string;
  readonly value: string;
  readonly domain: readonly [number, number];
  readonly scheme?: string;
  readonly format?: string;
  readonly size: readonly [width: number, height: number];
}): Spec {
  return {
    width: options.size[0],
    height: options.size[1],
    autosize: fit,
    data: { values: [...data] },
    mark: { type: "rect" },
    encoding: {
      x: { field: "x", type: "nominal", sort: null, title: options.x, axis: { labelAngle: -40, labelLimit: 120 } },
      y: { field: "y", type: "nominal", sort: null, title: options.y },
      color: {
        field: "value",
        type: "quantitative",
        title: options.value,
        scale: { scheme: (options.scheme ?? "cividis") as "cividis", domain: [...options.domain] },
        legend: { format: options.format ?? ".2f", tickCount: 4 },
      },
    },
  };
}

/** A plane {xLow, xHigh, yLow, yHigh, value} of two lengths, both logarithmic. */
export function plane(data: readonly Datum[], options: {
  readonly x: string;
  readonly y: string;
  readonly highest: number;
  readonly domains: readonly [x: readonly number[], y: readonly number[]];
}): Spec {
  const [x, y] = options.domains;
  const axis = { format: "~s", tickCount: 5, grid: false } as const;
  return {
    width: figureWidth,
    height: 330,
    autosize: fit,
    data: { values: [...data] },
    mark: { type: "rect" },
    encoding: {
      x: {
        field: "xLow",
        type: "quantitative",
        title: options.x,
        scale: { type: "log", domain: [...x], nice: false },
        axis,
      },
      x2: { field: "xHigh" },
      y: {
        field: "yLow",
        type: "quantitative",
        title: options.y,
        scale: { type: "log", domain: [...y], nice: false },
        axis,
      },
      y2: { field: "yHigh" },
      color: {
        field: "value",
        type: "quantitative",
        title: "share of records",
        scale: { scheme: "cividis", domain: [0, options.highest] },
        legend: { format: "~%", tickCount: 4 },
      },
    },
  };
}

/** Points {x, y, set, size} on a map, some of them with a label {x, y, label}. */
export function map(data: readonly Datum[], named: readonly Datum[], sets: SetNames, options: {
  readonly x: string;
  readonly y: string;
  readonly size: string;
}): Spec {
  const axis = { tickCount: 5 } as const;
  return {
    width: wideWidth,
    height: 520,
    autosize: fit,
    data: { values: [...data] },
    encoding: {
      x: { field: "x", type: "quantitative", title: options.x, scale: { zero: false }, axis },
      y: { field: "y", type: "quantitative", title: options.y, scale: { zero: false }, axis },
    },
    layer: [
      {
        mark: { type: "point", filled: true, opacity: 0.75 },
        encoding: {
          color: { ...setColor(sets), scale: { domain: [...sets], range: [...setColors, colors.muted[0]] } },
          shape: {
            field: "set",
            type: "nominal",
            scale: { domain: [...sets], range: [...setShapes, "triangle-up"] },
            legend: null,
          },
          size: {
            field: "size",
            type: "quantitative",
            title: options.size,
            scale: { range: [20, 260] },
            legend: { tickCount: 3 },
          },
        },
      },
      {
        data: { values: [...named] },
        mark: { type: "text", dy: -10, fontSize: 11 },
        encoding: { text: { field: "label", type: "nominal" } },
      },
    ],
  };
}
