import { frame, setColor, type SetNames } from "./sets.ts";
import type { Datum, Spec } from "./spec.ts";
import { colors, setColors, setShapes, wideWidth } from "./theme.ts";

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
    ...frame(data, options.size[1], options.size[0]),
    mark: { type: "rect" },
    encoding: {
      x: {
        field: "x",
        type: "nominal",
        sort: null,
        title: options.x,
        axis: { labelAngle: data.every(({ x }) => String(x).length < 3) ? 0 : -40, labelLimit: 120 },
      },
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
    ...frame(data, 330),
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
    ...frame(data, 520, wideWidth),
    encoding: {
      x: { field: "x", type: "quantitative", title: options.x, scale: { zero: false }, axis },
      y: { field: "y", type: "quantitative", title: options.y, scale: { zero: false }, axis },
    },
    layer: [
      {
        mark: { type: "point", filled: true, opacity: 0.75 },
        encoding: {
          color: {
            ...setColor(sets),
            scale: { domain: [...sets], range: [...setColors.slice(0, 2), colors.muted[0]] },
          },
          shape: {
            field: "set",
            type: "nominal",
            scale: { domain: [...sets], range: [...setShapes.slice(0, 2), "triangle-up"] },
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
