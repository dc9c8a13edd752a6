/**
 * Colours by what they stand for: on white, and on a dark page. Those of the sets are from the palette of Okabe and Ito,
 * which people with any colour vision tell apart.
 *
 * @see Okabe, Ito, "Color Universal Design" (2008)
 */
export const colors = {
  ink: ["#1b1f24", "#e6edf3"],
  muted: ["#57606a", "#9da7b3"],
  grid: ["#d8dee5", "#30363d"],
  train: ["#0072b2", "#56b4e9"],
  test: ["#d55e00", "#f0a04b"],
  third: ["#00795c", "#3fc79a"],
  fourth: ["#a8457f", "#e08bbd"],
  fifth: ["#8a6a00", "#d9b83a"],
  sixth: ["#3f4a9c", "#a3aef2"],
} as const;

/** Colours of the sets in their order, on white. */
export const setColors = [colors.train, colors.test, colors.third, colors.fourth, colors.fifth, colors.sixth]
  .map(([light]) => light);

/** Names of the shapes and dashes that part the sets without colour. */
export const setShapes = ["circle", "diamond", "square", "triangle-up", "cross", "triangle-down"],
  setDashes = [[1, 0], [5, 3], [2, 2], [8, 3], [8, 3, 2, 3], [1, 3]];

/** Width of a figure, and of one that takes the whole page. */
export const figureWidth = 440, wideWidth = 900;

const font = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";

/** What all figures have in common. Marks are not told one by one to screen readers: a table stands beside each figure. */
export const theme = {
  aria: false,
  background: "transparent",
  font,
  padding: { left: 4, right: 10, top: 4, bottom: 4 },
  view: { stroke: "transparent" },
  axis: {
    labelColor: colors.muted[0],
    titleColor: colors.ink[0],
    titleFontWeight: "normal",
    labelFontSize: 12,
    titleFontSize: 12,
    gridColor: colors.grid[0],
    domainColor: colors.muted[0],
    tickColor: colors.muted[0],
    labelLimit: 240,
  },
  axisQuantitative: { labelOverlap: true },
  legend: {
    orient: "top",
    labelColor: colors.ink[0],
    titleColor: colors.ink[0],
    titleFontWeight: "normal",
    labelFontSize: 12,
    titleFontSize: 12,
    titleLimit: 260,
    gradientLength: 160,
  },
  text: { color: colors.ink[0], fontSize: 11 },
} as const;

/** A drawn figure for a page: its colours become those of the page, which may be dark. */
export function inPageColors(svg: string): string {
  const names = new Map(Object.entries(colors).map(([name, [light]]) => [light.toLowerCase(), name]));
  return svg.replace(/\b(fill|stroke)="(#[0-9a-f]{6})"/gi, (whole, attribute: string, color: string) => {
    const name = names.get(color.toLowerCase());
    return name === undefined ? whole : `${attribute}="var(--${name})"`;
  });
}
