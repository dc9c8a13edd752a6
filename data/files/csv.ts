import { describeValue } from "../../engine/files/describe_value.ts";
import { DataError } from "../../kernels/errors.ts";
import { parseDecimal } from "./decimal.ts";

/** A row of a CSV file. */
export interface CsvRow {
  /** The line on which it begins, counted from 1. */
  readonly line: number;
  /** Its cells, without the quotes around them. */
  readonly cells: readonly string[];
}

/** A CSV file: its first row, and the rows behind it, each with as many cells. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
  /** What stands between cells. */
  readonly separator: string;
}

/** What may stand between cells, the most usual first. */
const separators = [",", ";", "\t"] as const;

/**
 * Reads the rows of a CSV file. Cells are separated by commas, semicolons or tabs, whichever the first line has, or by
 * what a line `sep=;` before it says, as spreadsheets write one; a cell in quotes may hold any of them, line breaks and
 * doubled quotes. Empty lines are passed over.
 *
 * @param name the file's name, for messages
 * @param skipped lines of the file between its first and the second one here
 * @throws DataError naming the line when a quote is misplaced or never closed, or when a row has more or fewer cells than
 *   the first
 * @see RFC 4180, "Common Format and MIME Type for Comma-Separated Values (CSV) Files"
 */
export function parseCsv(text: string, name: string, skipped = 0): CsvTable {
  const [line, named] = separatorLine.exec(text) ?? [""], table = text.slice(line.length);
  const outside = headOf(table).replace(/"[^"]*"/g, "");
  const separator = named ?? separators.find((one) => outside.includes(one)) ?? ",";
  const [head, ...rows] = rowsOf(table, separator, name, { first: line === "" ? 1 : 2, skipped });
  if (!head) throw new DataError(`${name} holds no rows; a header is expected.`);
  for (const { line, cells } of rows) {
    if (cells.length === head.cells.length) continue;
    throw new DataError(
      `${name}, line ${line} has ${counted(cells.length)}, but the header has ${counted(head.cells.length)}.`,
    );
  }
  return { columns: head.cells, rows, separator };
}

/** A line before the first row that names the separator. */
export const separatorLine = /^"?sep=([,;\t])"?[ \t]*(?:\r\n?|\n)/i;

/** Characters that are searched for the end of a first row. */
const longestHead = 1 << 16;

/** The first row of a table as it is written; a cell in quotes may hold line breaks. */
export function headOf(text: string): string {
  return /^(?:[^"\r\n]+|"[^"]*"?)*/.exec(text.slice(0, longestHead))![0];
}

/**
 * Reads a CSV file of numbers that metrograd wrote.
 *
 * @param head its first line
 * @param texts columns at its beginning that are no numbers
 * @throws DataError when the header is another, a cell is no number, or the last line is cut short
 */
export function parseNumbers(text: string, name: string, head: string, texts = 0): (readonly [string[], number[]])[] {
  const damaged = `${name} is damaged`;
  const { columns, rows } = parseCsv(text, damaged);
  if (columns.join() !== head) {
    throw new DataError(`${damaged}, line 1 is ${describeValue(columns.join())}; the header ${head} is expected.`);
  }
  if (!text.endsWith("\n")) throw new DataError(`${damaged}: its last line is cut short.`);
  return rows.map(({ line, cells }) => {
    const numbers = cells.slice(texts).map(parseDecimal);
    const bad = numbers.indexOf(null);
    if (bad < 0) return [cells.slice(0, texts), numbers as number[]];
    throw new DataError(
      `${damaged}, line ${line}: ${columns[texts + bad]} is ${
        describeValue(cells[texts + bad])
      }; a number is expected.`,
    );
  });
}

function rowsOf(
  text: string,
  separator: string,
  name: string,
  { first, skipped }: { readonly first: number; readonly skipped: number },
): CsvRow[] {
  const rows: CsvRow[] = [], delimiter = separator === "\t" ? "\\t" : separator;
  const plain = new RegExp(`[^"${delimiter}\\r\\n]*`, "y");
  let at = 0, line = first, begin = first, cells: string[] = [];
  for (;;) {
    let cell: string;
    plain.lastIndex = at;
    plain.test(text);
    const quote = plain.lastIndex;
    if (text[quote] === '"' && text.slice(at, quote).trim() === "") {
      const end = closingQuote(text, quote);
      if (end < 0) throw new DataError(`${name}, line ${line} opens a quote that is never closed.`);
      cell = text.slice(quote + 1, end).replaceAll('""', '"');
      line += cell.match(/\r\n?|\n/g)?.length ?? 0;
      plain.lastIndex = end + 1;
      plain.test(text);
      if (text.slice(end + 1, plain.lastIndex).trim() !== "" || text[plain.lastIndex] === '"') {
        throw new DataError(`${name}, line ${line}: a separator or the line's end is expected behind a closing quote.`);
      }
      at = plain.lastIndex;
    } else {
      if (text[quote] === '"') {
        throw new DataError(`${name}, line ${line} has a quote within a cell; the whole cell is expected in quotes.`);
      }
      cell = text.slice(at, quote).trim();
      at = quote;
    }
    cells.push(cell);
    if (text[at] === separator) {
      at++;
      continue;
    }
    if (cells.length > 1 || cells[0] !== "") rows.push({ line: begin, cells });
    if (at >= text.length) return rows;
    at += text.startsWith("\r\n", at) ? 2 : 1;
    if (rows.length === 1 && begin === first) line += skipped;
    begin = ++line;
    cells = [];
  }
}

/** The quote that closes the one at `quote`, where a doubled one stands for itself; -1 for none. */
function closingQuote(text: string, quote: number): number {
  let at = text.indexOf('"', quote + 1);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

const counted = (cells: number) => cells === 1 ? "1 cell" : `${cells} cells`;
