import { frame, setColor, type SetNames } from "./sets.ts";
import type { Datum, Spec } from "./spec.ts";
import { colors, setDashes, setShapes } from "./theme.ts";

/**
 * Bars {label, set, value, low, high, href} with intervals at their ends, each a link where it has one: upright, or lying
 * where labels are long.
 */
export function intervalBars(data: readonly Datum[], sets: SetNames, options: {
  readonly label: string;
  readonly value: string;
  readonly lying?: boolean;
}): Spec {
  const { lying = false } = options, several = sets.length > 1;
  const rows = new Set(data.map(({ label }) => label)).size;
  const [along, up] = lying ? ["y", "x"] as const : ["x", "y"] as const;
  const label = {
    field: "label",
    type: "nominal",
    sort: null,
    title: lying ? null : options.label,
    ...(lying ? {} : { axis: { labelAngle: 0 } }),
  } as const;
  const amount = (field: string) =>
    ({ field, type: "quantitative", title: options.value, axis: { tickCount: 5 } }) as const;
  return {
    ...frame(data, lying ? 60 + rows * Math.max(20, 9 * sets.length + 6) : 270),
    encoding: { [along]: label, ...(several ? { [`${along}Offset`]: { field: "set", sort: [...sets] } } : {}) },
    layer: [
      {
        mark: { type: "bar", cursor: "pointer" },
        encoding: { [up]: amount("value"), color: setColor(sets), href: { field: "href", type: "nominal" } },
      },
      {
        mark: { type: "rule", strokeWidth: 1.5, color: colors.ink[0] },
        encoding: { [up]: amount("low"), [`${up}2`]: { field: "high" } },
      },
    ],
  } as Spec;
}

/** Lines {x, set, line, value} over steps; the lines of a set share its colour. @param options.level a line to compare with */
export function curves(data: readonly Datum[], sets: SetNames, options: {
  readonly x: string;
  readonly y: string;
  readonly level?: number | null;
}): Spec {
  const { level = null } = options;
  const y = { type: "quantitative", title: options.y, scale: { zero: false }, axis: { tickCount: 6 } } as const;
  return {
    ...frame(data, 270),
    layer: [
      {
        mark: { type: "line", strokeWidth: 1.8, point: { filled: true, size: 18 } },
        encoding: {
          x: { field: "x", type: "quantitative", title: options.x, axis: { tickMinStep: 1, format: "d", grid: false } },
          y: { field: "value", ...y },
          color: setColor(sets),
          detail: { field: "line", type: "nominal" },
          strokeDash: { field: "set", scale: { domain: [...sets], range: setDashes }, legend: null },
        },
      },
      ...(level === null ? [] : [{
        data: { values: [{ level }] },
        mark: { type: "rule" as const, strokeDash: [4, 4], color: colors.muted[0] },
        encoding: { y: { field: "level", ...y } },
      }]),
    ],
  };
}

/** What is found {x, set, value, low, high} against what is expected, along a line on which both are equal. */
export function calibration(data: readonly Datum[], sets: SetNames, options: {
  readonly x: string;
  readonly y: string;
  readonly domain: readonly [low: number, high: number];
  readonly format?: string;
}): Spec {
  const [low, high] = options.domain;
  const scale = { domain: [low, high], nice: false, zero: false },
    axis = { tickCount: 6, ...(options.format ? { format: options.format } : {}) };
  const x = { field: "x", type: "quantitative", title: options.x, scale, axis } as const;
  const y = { type: "quantitative", title: options.y, scale, axis } as const;
  return {
    ...frame(data, 330),
    layer: [
      {
        data: { values: [{ x: low, value: low }, { x: high, value: high }] },
        mark: { type: "line", strokeDash: [4, 4], color: colors.muted[0] },
        encoding: { x, y: { field: "value", ...y } },
      },
      {
        mark: { type: "rule", strokeWidth: 1.5, clip: true },
        encoding: { x, y: { field: "low", ...y }, y2: { field: "high" }, color: setColor(sets) },
      },
      {
        mark: { type: "line", clip: true },
        encoding: { x, y: { field: "value", ...y }, color: setColor(sets) },
      },
      {
        mark: { type: "point", filled: true, size: 46, opacity: 1 },
        encoding: {
          x,
          y: { field: "value", ...y },
          color: setColor(sets),
          shape: { field: "set", type: "nominal", scale: { domain: [...sets], range: setShapes }, legend: null },
        },
      },
    ],
  };
}

/** Cells {x, y, value} of a table, the fuller the greater their values; those on the diagonal have a frame. */
export function shares(data: readonly Datum[], classes: readonly string[], options: {
  readonly x: string;
  readonly y: string;
  readonly value: string;
}): Spec {
  const axis = { grid: false, ticks: false } as const;
  return {
    ...frame([...data], 380),
    encoding: {
      x: {
        field: "x",
        type: "nominal",
        scale: { domain: [...classes] },
        title: options.x,
        axis: { ...axis, labelAngle: 0, labelOverlap: true },
      },
      y: { field: "y", type: "nominal", scale: { domain: classes.toReversed() }, title: options.y, axis },
    },
    layer: [
      {
        mark: { type: "rect", color: colors.train[0] },
        encoding: {
          opacity: {
            field: "value",
            type: "quantitative",
            title: options.value,
            scale: { range: [0.08, 1], zero: true },
            legend: { format: "~%", symbolType: "square", symbolFillColor: colors.train[0], symbolStrokeWidth: 0 },
          },
        },
      },
      {
        data: { values: classes.map((one) => ({ x: one, y: one })) },
        mark: { type: "rect", filled: false, stroke: colors.muted[0], strokeWidth: 1 },
      },
    ],
  };
}
