import type { Cell, ColumnKind } from "./table.ts";

const counts = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A whole number with its thousands parted. */
export const formatCount = (count: number): string => counts.format(count);

/** A share as a percentage. */
export const formatShare = (share: number): string => `${(100 * share).toFixed(share !== 0 && share < 0.1 ? 2 : 1)} %`;

/** A number with as many digits as its size is worth. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return counts.format(value);
  if (size > 0 && size < 0.001) return value.toPrecision(2);
  return value.toFixed(size >= 100 ? 1 : size >= 0.095 || size === 0 ? 2 : 4);
}

/** A number of a column of a kind. */
export function formatCell(cell: Exclude<Cell, string>, kind: ColumnKind): string {
  if (cell === null || !Number.isFinite(cell)) return "–";
  if (kind === "count") return formatCount(cell);
  return kind === "share" ? formatShare(cell) : formatNumber(cell);
}

/** "1 record", "2 records". */
export const counted = (count: number, what: string): string =>
  `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
