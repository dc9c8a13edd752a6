import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { headOf, parseCsv } from "./csv.ts";
import { quoteBeginning } from "./json_value.ts";

/** A name of a column. */
const columnName = /^[\p{L}_#][^:[\]{}]{0,99}$/u;
/** What is left of JSON that lost its first bytes has braces or quotes outside of quoted cells. */
const outsideQuotes = /^[^{}"]{0,200}$/u;

/**
 * True for text that begins like a table: a whole line of cells with commas, semicolons or tabs between, at least one of
 * them a name, and a further line. A line alone is one of names where none has a space; else it may be any sentence.
 */
export function looksLikeCsv(text: string): boolean {
  const head = headOf(text), rest = text.slice(head.length);
  if (/^\s*[[{]/.test(head) || !/^[\r\n]/.test(rest)) return false;
  const quotesFilled = head.replace(/"(?:[^"]|"")*"/g, (cell) => cell.replace(/[,;\t"{}]/g, "_"));
  const cells = quotesFilled.split(/[,;\t]/).map((cell) => cell.trim());
  const isWhole = /^[\r\n]+[^\r\n]/.test(rest) || cells.every((cell) => /^\S+$/.test(cell));
  return isWhole && cells.length > 1 && cells.every((cell) => outsideQuotes.test(cell)) &&
    cells.some((cell) => columnName.test(cell));
}

/** The error for text that is neither JSON nor a table. */
export function noRecords(text: string, name: string): DataError {
  const found = quoteBeginning(text.trimStart());
  return new DataError(
    `${name} is no JSON array of records: "[" is expected first, found ${found}; nor is it a table, whose first line ` +
      "has names with commas, semicolons or tabs between.",
  );
}

/**
 * The rows of CSV text as objects of texts by column. Columns without a name are left out: a first one may
 * hold the numbers of rows, as pandas writes them, and others have to be empty.
 *
 * @param skipped as for `parseCsv`
 * @throws DataError naming the line
 */
export function parseCsvRows(text: string, name: string, skipped = 0): Record<string, string>[] {
  const { columns, rows } = parseCsv(text, name, skipped);
  const twice = columns.find((column, i) => column !== "" && columns.indexOf(column) < i);
  if (twice !== undefined) {
    throw new DataError(`${name}, line 1 names the column ${describeValue(twice)} twice; once is expected.`);
  }
  return rows.map(({ cells, line }) => {
    const unnamed = columns.findIndex((column, i) =>
      column === "" && cells[i] !== "" && !(i === 0 && /^\d+$/.test(cells[i]!))
    );
    if (unnamed < 0) {
      return Object.fromEntries(columns.flatMap((column, i) => column === "" ? [] : [[column, cells[i]!]]));
    }
    throw new DataError(
      `${name}, line ${line} has ${describeValue(cells[unnamed])} in column ${
        unnamed + 1
      }, which has no name in line 1.`,
    );
  });
}
