import type { Cell, Table } from "./table.ts";
import { withoutHidden } from "./visible_text.ts";

/** What spreadsheets take for the beginning of a formula, in full width too. */
const formula = /^\s*[=+\-@＝＋－＠]|^[\t\r]/u;

/** A table as CSV. Text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function toCsv({ columns, rows }: Table): string {
  return [columns.map(({ name }) => name), ...rows].map((row) => row.map(csvCell).join(",")).join("\n") + "\n";
}

function csvCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return Number.isFinite(cell) ? String(cell) : "";
  const text = withoutHidden(formula.test(cell) ? `'${cell}` : cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table as a JSON array of objects, one a row, with texts as they are. */
export function toJson({ columns, rows }: Table): string {
  const lines = rows.map((row) =>
    JSON.stringify(Object.fromEntries(columns.map(({ name }, i) => [name, finite(row[i] ?? null)])))
  );
  return lines.length === 0 ? "[]\n" : `[\n${lines.join(",\n")}\n]\n`;
}

const finite = (cell: Cell) => typeof cell === "number" && !Number.isFinite(cell) ? null : cell;
