import { escapeXml as escape } from "./escape_xml.ts";
import { linearScale } from "./scale.ts";

/** Rows of a set with what was predicted of them. */
export interface PredictedSeries {
  /** What the legend calls them. */
  readonly name: string;
  readonly rows: readonly { readonly score: number; readonly predicted: number }[];
}

/** Dots of a set at most: more would only cover each other. */
const mostDots = 1500;

const size = 460, plot = { left: 56, right: 436, top: 84, bottom: 424 };
// Middle tones and no background: legible on white and on black.
const grey = "#7d8590", colors = ["#2f81d6", "#d9772b", "#2ea06a"];

/**
 * Draws predicted against true scores, 0 to 10, as an SVG picture that needs nothing else: a dot a row, and for each class
 * of true scores the mean prediction. The same rows give the same text.
 */
export function predictedSvg(series: readonly PredictedSeries[], title: string): string {
  const x = linearScale(0, 10, { range: [plot.left, plot.right], count: 5 });
  const y = linearScale(0, 10, { range: [plot.bottom, plot.top], count: 5 });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="${size}" height="${size}" role="img" ` +
    `font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12" fill="${grey}">`,
    `<title>${escape(title)}</title>`,
    `<text x="${plot.left}" y="28" font-size="16" font-weight="600">${escape(title)}</text>`,
    ...series.map(({ name, rows }, i) =>
      `<text x="${plot.left + i * 190}" y="56" fill="${colors[i % colors.length]}">${
        escape(`${name}, ${rows.length} rows`)
      }</text>`
    ),
    ...y.ticks.map((tick) =>
      `<path d="M${plot.left} ${round(y.at(tick))}H${plot.right}" stroke="${grey}" stroke-opacity="0.22"/>` +
      `<text x="${plot.left - 8}" y="${round(y.at(tick) + 4)}" text-anchor="end">${y.format(tick)}</text>`
    ),
    ...x.ticks.map((tick) =>
      `<text x="${round(x.at(tick))}" y="${plot.bottom + 18}" text-anchor="middle">${x.format(tick)}</text>`
    ),
    `<path d="M${plot.left} ${plot.bottom}L${plot.right} ${plot.top}" stroke="${grey}" stroke-dasharray="4 4"/>`,
    `<text x="${(plot.left + plot.right) / 2}" y="${size - 4}" text-anchor="middle">true score</text>`,
    `<text x="14" y="${(plot.top + plot.bottom) / 2}" text-anchor="middle" transform="rotate(-90 14 ${
      (plot.top + plot.bottom) / 2
    })">predicted</text>`,
    ...series.map(({ rows }, i) => dots(rows, x.at, y.at, colors[i % colors.length]!)),
    ...series.map(({ rows }, i) => means(rows, x.at, y.at, colors[i % colors.length]!)),
    "</svg>\n",
  ].join("\n");
}

type Rows = PredictedSeries["rows"];
type Position = (value: number) => number;

/** A dot of each row, or of rows spaced evenly where there are too many, as one path of points with round ends. */
function dots(rows: Rows, x: Position, y: Position, color: string): string {
  const step = Math.max(rows.length / mostDots, 1);
  const shown = Array.from({ length: Math.min(rows.length, mostDots) }, (_, i) => rows[Math.floor(i * step)]!);
  const path = shown.map(({ score, predicted }) => `M${round(x(score))} ${round(y(predicted))}h0`).join("");
  return `<path d="${path}" stroke="${color}" stroke-opacity="0.35" stroke-width="5" stroke-linecap="round"/>`;
}

/** Mean prediction of each class of true scores, joined by a line. */
function means(rows: Rows, x: Position, y: Position, color: string): string {
  const points = Array.from({ length: 11 }, (_, one) => {
    const own = rows.filter(({ score }) => Math.floor(score + 0.5) === one);
    if (own.length === 0) return [];
    const mean = (of: (row: Rows[number]) => number) => own.reduce((sum, row) => sum + of(row), 0) / own.length;
    return [`${round(x(mean(({ score }) => score)))} ${round(y(mean(({ predicted }) => predicted)))}`];
  }).flat();
  return points.length === 0 ? "" : `<path d="M${points.join("L")}" fill="none" stroke="${color}" stroke-width="2"/>`;
}

const round = (value: number) => Math.round(value * 10) / 10;
