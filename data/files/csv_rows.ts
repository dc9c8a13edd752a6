import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { parseCsv } from "./csv.ts";

/** A name of a column. JSON that lost its first bytes has colons or brackets there. */
const columnName = /^[\p{L}_#][^:[\]{}]{0,99}$/u;

/** True for text that begins like a table: names with commas, semicolons or tabs between, and a further line. */
export function looksLikeCsv(text: string): boolean {
  const [, head] = /^([^\r\n]+)[\r\n]+[^\r\n]/.exec(text) ?? [];
  if (head === undefined) return false;
  const cells = head.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  return cells.length > 1 && cells.every((cell) => columnName.test(cell));
}

/**
 * The rows of CSV text as objects of texts by column.
 *
 * @param skipped as for `parseCsv`
 * @throws DataError naming the line
 */
export function parseCsvRows(text: string, name: string, skipped = 0): Record<string, string>[] {
  const { columns, rows } = parseCsv(text, name, skipped);
  const twice = columns.find((column, i) => columns.indexOf(column) < i);
  if (twice !== undefined) {
    throw new DataError(`${name}, line 1 names the column ${describeValue(twice)} twice; once is expected.`);
  }
  return rows.map(({ cells }) => Object.fromEntries(columns.map((column, i) => [column, cells[i]!])));
}
