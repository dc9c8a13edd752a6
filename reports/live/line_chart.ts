import { linearScale, type Scale } from "../../runs/pages/scale.ts";
import type { colors } from "../figures/theme.ts";

/** A line of a chart. */
export interface Line {
  /** What the legend calls it; "" for a line that is not named. */
  readonly name: string;
  /** Colour of the theme. */
  readonly color: keyof typeof colors;
  readonly dashed?: boolean;
  /** Drawn thin, behind the others. */
  readonly thin?: boolean;
  /** Ascending in x. Values that are not finite leave a gap. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a chart shows. */
export interface LineChart {
  readonly lines: readonly Line[];
  /** What is measured, with its unit. */
  readonly yTitle: string;
  readonly xTitle: string;
  /** Marks only whole numbers of x. */
  readonly wholeX?: boolean;
}

/** An element of an SVG picture: its name, its attributes and its text. The page makes it without parsing any markup. */
export interface Shape {
  readonly tag: "path" | "text" | "circle";
  readonly attributes: Readonly<Record<string, string>>;
  readonly text?: string;
}

/** Size of a chart. */
export const chartSize = { width: 440, height: 230 } as const;

const plot = { left: 56, right: chartSize.width - 14, top: 34, bottom: chartSize.height - 40 };

/** Draws lines over axes with units. The same lines give the same shapes. */
export function drawLines({ lines, yTitle, xTitle, wholeX = false }: LineChart): Shape[] {
  const points = lines.flatMap(({ points }) => points.filter(([, y]) => Number.isFinite(y)));
  if (points.length === 0) return [label(chartSize.width / 2, chartSize.height / 2, "Nothing is known yet.", "middle")];
  const x = axis(points.map(([x]) => x), [plot.left, plot.right], { count: 7, whole: wholeX });
  const y = axis(points.map(([, y]) => y), [plot.bottom, plot.top], { count: 4, whole: false });
  const across = y.ticks.map((tick) => `M${plot.left} ${round(y.at(tick))}H${plot.right}`).join("");
  return [
    { tag: "path", attributes: { d: across || "M0 0", stroke: "var(--grid)", fill: "none" } },
    ...y.ticks.map((tick) => label(plot.left - 6, y.at(tick) + 4, tickText(y, tick), "end")),
    ...x.ticks.map((tick) => label(x.at(tick), plot.bottom + 16, x.format(tick), "middle")),
    { tag: "path", attributes: { d: `M${plot.left} ${plot.bottom}H${plot.right}`, stroke: "var(--muted)" } },
    label((plot.left + plot.right) / 2, plot.bottom + 34, xTitle, "middle"),
    label(4, 14, yTitle, "start"),
    ...lines.toSorted((a, b) => Number(b.thin ?? false) - Number(a.thin ?? false))
      .flatMap((line) => lineShapes(line, x, y)),
    ...legend(lines.filter(({ name, points }) => name !== "" && points.length > 0)),
  ];
}

/** A tick beside the plot, where there is room for seven characters. */
function tickText(scale: Scale, tick: number): string {
  const text = scale.format(tick);
  return text.length > 7 ? tick.toExponential().length > 7 ? tick.toExponential(2) : tick.toExponential() : text;
}

/** An axis around values; equal ones stand in the middle. */
function axis(
  values: readonly number[],
  range: readonly [number, number],
  { count, whole }: { readonly count: number; readonly whole: boolean },
): Scale {
  const low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
  if (whole) return linearScale(low, Math.max(high, low + 1), { range, count, leastStep: 1 });
  const margin = (high - low) * 0.06 || Math.abs(low) / 10 || 1;
  // Nothing that is measured here is negative but a loss.
  return linearScale(low >= 0 ? Math.max(low - margin, 0) : low - margin, high + margin, { range, count });
}

function lineShapes({ color, dashed, thin, points }: Line, x: Scale, y: Scale): Shape[] {
  const runs: string[][] = [[]];
  for (const [at, value] of points) {
    if (Number.isFinite(value)) runs.at(-1)!.push(`${round(x.at(at))} ${round(y.at(value))}`);
    else runs.push([]);
  }
  const drawn = runs.filter(({ length }) => length > 1).map((run) => `M${run.join("L")}`).join("");
  const stroke = { fill: "none", stroke: `var(--${color})`, "stroke-width": thin ? "1" : "2" };
  const dash: Record<string, string> = dashed ? { "stroke-dasharray": "5 3" } : {};
  const end = runs.at(-1)!.at(-1)?.split(" ");
  return [
    ...(drawn === "" ? [] : [{
      tag: "path" as const,
      attributes: { d: drawn, ...stroke, "stroke-linejoin": "round", ...(thin ? { opacity: "0.55" } : {}), ...dash },
    }]),
    // A single point would not be seen else.
    ...(thin || end === undefined ? [] : [{
      tag: "circle" as const,
      attributes: { cx: end[0]!, cy: end[1]!, r: "3", fill: `var(--${color})` },
    }]),
  ];
}

function legend(lines: readonly Line[]): Shape[] {
  if (lines.length < 2) return [];
  let right: number = plot.right;
  return lines.toReversed().flatMap(({ name, color, dashed, thin }) => {
    // About the width of its letters.
    const from = right - 6.6 * name.length;
    const mark: Shape = {
      tag: "path",
      attributes: {
        d: `M${round(from - 26)} 10h20`,
        stroke: `var(--${color})`,
        "stroke-width": thin ? "1" : "2",
        ...(dashed ? { "stroke-dasharray": "5 3" } : {}),
      },
    };
    const shapes = [mark, label(from, 14, name, "start")];
    right = from - 38;
    return shapes;
  });
}

const label = (x: number, y: number, text: string, anchor: "start" | "middle" | "end"): Shape => ({
  tag: "text",
  attributes: { x: round(x), y: round(y), "text-anchor": anchor, fill: "var(--ink)", "font-size": "12" },
  text: text.replace("-", "−"),
});

const round = (value: number) => String(Math.round(value * 10) / 10);
