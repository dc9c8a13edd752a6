import type { Datum } from "./spec.ts";
import { figureWidth, setColors } from "./theme.ts";

/** The sets that a figure shows side by side. */
export type SetNames = readonly string[];

/** The data and the size of a figure; axes and legends are included in it. */
export const frame = (data: readonly Datum[], height: number, width = figureWidth) => ({
  width,
  height,
  autosize: { type: "fit", contains: "padding" } as const,
  data: { values: [...data] },
});

/** Width that a legend may have beside labels of an axis, and what an entry has beside its letters. */
const legendWidth = 300, symbolWidth = 26, letterWidth = 7;

/** How many entries of a legend fit beside each other. */
const columnsOf = (sets: SetNames) =>
  Math.max(1, Math.floor(legendWidth / (symbolWidth + letterWidth * Math.max(...sets.map(({ length }) => length)))));

/** Colours of the sets, with a legend where there are several. */
export const setColor = (sets: SetNames) =>
  ({
    field: "set",
    type: "nominal",
    scale: { domain: [...sets], range: setColors },
    legend: sets.length > 1 ? { title: null, columns: columnsOf(sets) } : null,
  }) as const;
