import { frame, setColor, type SetNames } from "./sets.ts";
import type { Datum, Spec } from "./spec.ts";
import { setDashes, setShapes } from "./theme.ts";

/** Upright bars of values {label, set, value}, the sets side by side. */
export function bars(data: readonly Datum[], sets: SetNames, options: {
  readonly x: string;
  readonly y: string;
  readonly format?: string;
}): Spec {
  return {
    ...frame(data, 260),
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
    ...frame(data, rowsHeight(data, sets)),
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
    ...frame(data, rowsHeight(data, sets)),
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
    ...frame(data, 260),
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
    ...frame(outline(data), 230),
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
    ...frame(data, 60 + new Set(data.map(({ label }) => label)).size * (sets.length > 1 ? 28 : 22)),
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
