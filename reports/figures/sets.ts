import { setColors } from "./theme.ts";

/** The sets that a figure shows side by side. */
export type SetNames = readonly string[];

/** The size of a figure includes its axes and legends. */
export const fit = { type: "fit", contains: "padding" } as const;

/** Colours of the sets, with a legend where there are several. */
export const setColor = (sets: SetNames) =>
  ({
    field: "set",
    type: "nominal",
    scale: { domain: [...sets], range: setColors },
    legend: sets.length > 1 ? { title: null } : null,
  }) as const;
