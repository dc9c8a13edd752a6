/** Ways to allow for rows at hand whose scores are spread otherwise than those that were trained on. */
export const shiftNames = ["none", "mean", "em", "bbse", "auto"] as const;
/** Name of a way to allow for shift. */
export type ShiftName = (typeof shiftNames)[number];
/** Name of a way that estimates how the rows at hand are spread. */
export type EstimatorName = Exclude<ShiftName, "mean" | "auto">;
