import { bestEpoch } from "../results/history.ts";
import type { EpochFigures } from "../../data/observer.ts";
import { escapeXml as escape } from "./escape_xml.ts";
import { linearScale, type Scale } from "./scale.ts";

/** What `curvesSvg` shows besides the epochs. */
export interface CurvesOptions {
  readonly title: string;
  /** RMSE of always predicting the train mean, on either validation set; null where it is not known. */
  readonly constant?: { readonly validation: number; readonly mismatched: number | null } | null;
}

/** A figure over the epochs, in a panel of its own. */
interface Panel {
  readonly name: string;
  readonly color: string;
  /** One an epoch. */
  readonly values: readonly number[];
  /** What a predictor that has learnt nothing reaches. */
  readonly constant: number | null;
  /** Lines of parts of the rows, from low to high scores; each one an epoch. */
  readonly parts?: readonly { readonly score: number; readonly values: readonly number[] }[];
}

const width = 800;
const plot = { left: 64, right: width - 72, top: 88, height: 150, gap: 56 };
// Middle tones and no background: legible on white and on black.
const grey = "#7d8590", green = "#2ea06a", blue = "#2f81d6", orange = "#d9772b", violet = "#8a63d2";

/**
 * Draws a run's validation RMSE, in all and by true score, and training loss over its epochs, as an SVG picture that needs nothing else. The same
 * history gives the same text.
 */
export function curvesSvg(history: readonly EpochFigures[], { title, constant = null }: CurvesOptions): string {
  const panels = history.length === 0 ? [] : choosePanels(history, constant);
  const height = plot.top + Math.max(panels.length, 1) * (plot.height + plot.gap);
  const best = bestEpoch(history)?.epoch ?? 0;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12" fill="${grey}">`,
    `<title>${escape(title)}</title>`,
    `<text x="${plot.left}" y="32" font-size="16" font-weight="600">${escape(title)}</text>`,
    ...(panels.length > 0 ? [] : [text(width / 2, height / 2, "No epoch is done yet.", "middle")]),
    ...panels.map((panel, i) => draw(panel, i, i === panels.length - 1, best)),
    "</svg>\n",
  ].join("\n");
}

function choosePanels(history: readonly EpochFigures[], constant: CurvesOptions["constant"]): Panel[] {
  const mismatched = history.flatMap(({ mismatchedRmse }) => mismatchedRmse ?? []);
  const validation = history.map(({ validationRmse }) => validationRmse);
  const loss = history.map(({ trainLoss }) => trainLoss);
  // Each epoch measures the same rows.
  const scores = (history[0]?.byScore ?? []).map(({ score }, i) => ({
    score,
    values: history.map(({ byScore = [] }) => byScore[i]?.rmse ?? NaN),
  })).filter(({ values }) => values.every(Number.isFinite));
  return [
    { name: "Validation RMSE", color: blue, values: validation, constant: constant?.validation ?? null },
    ...(scores.length > 1
      ? [{ name: "Validation RMSE by true score", color: blue, values: validation, constant: null, parts: scores }]
      : []),
    { name: "Mismatched RMSE", color: orange, values: mismatched, constant: constant?.mismatched ?? null },
    { name: "Training loss", color: violet, values: loss, constant: null },
  ].filter(({ values }) => values.length === history.length);
}

function draw(
  { name, color, values, constant, parts = [] }: Panel,
  index: number,
  isLast: boolean,
  best: number,
): string {
  const top = plot.top + index * (plot.height + plot.gap), bottom = top + plot.height;
  const x = epochScale(values.length);
  const seen = [...values, ...parts.flatMap((part) => part.values), ...(constant === null ? [] : [constant])];
  const y = valueScale(seen, bottom, top);
  const across = (at: number) => `M${plot.left} ${round(at)}H${plot.right}`;
  const bestAt = round(x.at(best)), bestValue = values[best - 1]!;
  const last = values.at(-1)!;
  return [
    `<g>`,
    `<text x="${plot.left}" y="${top - 14}" font-weight="600">${name}</text>`,
    ...(constant === null ? [] : legend(color, top - 14)),
    text(plot.right, top - 14, `${index === 0 ? "best: " : ""}epoch ${best}, ${figure(bestValue)}`, "end", green),
    ...y.ticks.flatMap((tick) => [
      `<path d="${across(y.at(tick))}" stroke="${grey}" stroke-opacity="0.22"/>`,
      text(plot.left - 8, y.at(tick) + 4, minus(y.format(tick)), "end"),
    ]),
    `<path d="${across(bottom)}${
      x.ticks.map((tick) => `M${round(x.at(tick))} ${bottom}v5`).join("")
    }" stroke="${grey}"/>`,
    ...(isLast ? x.ticks.map((tick) => text(x.at(tick), bottom + 19, x.format(tick), "middle")) : []),
    ...(isLast ? [text((plot.left + plot.right) / 2, bottom + 40, "epoch", "middle")] : []),
    `<path d="M${bestAt} ${top}V${bottom}" stroke="${green}" stroke-opacity="0.7"/>`,
    ...(constant === null ? [] : [`<path d="${across(y.at(constant))}" ${dashes(color)}/>`]),
    ...parts.map((part) => line(part.values, x, y, `${hueOf(part.score)}" stroke-width="1.2`)),
    line(values, x, y, `${color}" stroke-width="2`),
    `<circle cx="${bestAt}" cy="${round(y.at(bestValue))}" r="3.5" fill="${green}"/>`,
    ...(parts.length > 0 ? partLabels(parts, y) : endLabels(constant === null ? [last] : [last, constant], y, color)),
    `</g>`,
  ].join("\n");
}

function line(values: readonly number[], x: Scale, y: Scale, stroke: string): string {
  const points = values.map((value, i) => `${round(x.at(i + 1))} ${round(y.at(value))}`).join("L");
  return `<path d="M${points}" fill="none" stroke="${stroke}" stroke-linejoin="round" stroke-linecap="round"/>`;
}

/** From red for the lowest score to blue for the highest. */
const hueOf = (score: number) => `hsl(${22 * score} 60% 50%)`;

/** The scores at the ends of their lines, moved apart where they would overlap. */
function partLabels(parts: NonNullable<Panel["parts"]>, y: Scale): string[] {
  const least = 12, ends = parts.map(({ score, values }) => ({ score, at: y.at(values.at(-1)!) }));
  let above = -Infinity;
  return ends.toSorted((a, b) => a.at - b.at).map(({ score, at }) => {
    above = Math.max(at, above + least);
    return text(plot.right + 8, above + 4, String(score), "start", hueOf(score));
  });
}

function legend(color: string, y: number): string[] {
  const x = plot.left + 150;
  return [
    `<path d="M${x} ${y - 4}h20" stroke="${color}" stroke-width="2" stroke-linecap="round"/>`,
    text(x + 28, y, "this run", "start"),
    `<path d="M${x + 100} ${y - 4}h20" ${dashes(color)}/>`,
    text(x + 128, y, "constant predictor", "start"),
  ];
}

const dashes = (color: string) => `stroke="${color}" stroke-width="1.5" stroke-dasharray="1 5" stroke-linecap="round"`;

/** Values at the ends of their lines, moved apart where they would overlap. */
function endLabels(values: readonly number[], y: Scale, color: string): string[] {
  const least = 14;
  let above = -Infinity;
  return values.toSorted((a, b) => b - a).map((value) => {
    above = Math.max(y.at(value), above + least);
    return text(plot.right + 8, above + 4, figure(value), "start", color);
  });
}

function epochScale(epochs: number): Scale {
  // One epoch alone stands at the left.
  const scale = linearScale(1, Math.max(epochs, 2), { range: [plot.left, plot.right], count: 12, leastStep: 1 });
  return { ...scale, ticks: [...new Set([1, ...scale.ticks])] };
}

function valueScale(values: readonly number[], bottom: number, top: number): Scale {
  const low = Math.min(...values), high = Math.max(...values);
  // Equal values stand in the middle.
  const margin = (high - low) * 0.06 || Math.abs(low) / 10 || 1;
  return linearScale(low - margin, high + margin, { range: [bottom, top], count: 6 });
}

function text(x: number, y: number, content: string, anchor: "start" | "middle" | "end", color?: string): string {
  const fill = color ? ` fill="${color}"` : "";
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${fill}>${escape(content)}</text>`;
}

const figure = (value: number) => minus(value.toFixed(3));
const minus = (number: string) => number.replace("-", "−");
const round = (value: number) => Math.round(value * 10) / 10;
