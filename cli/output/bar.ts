export { duration } from "../../data/texts/duration.ts";

/** A part of a whole as a line of twelve characters. */
export function bar(share: number): string {
  const width = 12, full = Math.round(share * width);
  return "━".repeat(full) + "┄".repeat(width - full);
}
