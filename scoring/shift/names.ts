/** Ways to allow for target rows whose scores are distributed otherwise than those that were trained on. */
export const shiftNames = ["none", "mean", "em", "bbse", "auto"] as const;
/** Name of a way to allow for shift. */
export type ShiftName = (typeof shiftNames)[number];
/** Name of a way that estimates how the scores of target rows are distributed. */
export type EstimatorName = Exclude<ShiftName, "mean" | "auto">;
