import type { PairFigure } from "../../scoring/set_figure.ts";
import { alignColumns } from "./terminal.ts";

/** How often a run and ridge regression rank answers as they were judged. @param set what the pairs are called */
export function pairTable(set: string, { count, accuracy, ridge }: PairFigure): string {
  const percent = (share: number | null) => share === null ? "-" : `${(100 * share).toFixed(1)} %`;
  return alignColumns([
    ["set", "pairs", "ranked as judged", "ridge", "chance"],
    [set, String(count), percent(accuracy), percent(ridge), percent(0.5)],
  ]);
}
