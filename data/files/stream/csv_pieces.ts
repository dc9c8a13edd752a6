import { DataError } from "../../../kernels/errors.ts";
import { separatorLine } from "../csv.ts";
import { parseCsvRows } from "../csv_rows.ts";

/** A quote or the end of a line; one at the end of a piece may go on in the next. */
const mark = /"|\r?\n|\r(?=[^\n])/g;

/** Takes the text of a table piece by piece and gives the rows that are whole. */
export class CsvPieces {
  #head = "";
  #text = "";
  /** Where the text is not looked at yet. */
  #at = 0;
  #isQuoted = false;
  /** Lines of the file, without its head, that were given. */
  #lines = 0;

  /** @param name what messages call the file */
  constructor(readonly name: string) {}

  /** Rows that end in a further piece of the text. @throws DataError naming the line */
  push(piece: string): Record<string, string>[] {
    this.#text += piece;
    let end = 0, lines = 0, linesToEnd = 0;
    mark.lastIndex = this.#at;
    for (let match; (match = mark.exec(this.#text)) !== null;) {
      if (match[0] === '"') this.#isQuoted = !this.#isQuoted;
      else {
        lines++;
        if (this.#isQuoted) continue;
        [end, linesToEnd] = [mark.lastIndex, lines];
        if (this.#head === "" && separatorLine.exec(this.#text)?.[0].length !== end) {
          this.#head = this.#text.slice(0, end);
          this.#text = this.#text.slice(end);
          end =
            lines =
            linesToEnd =
            mark.lastIndex =
              0;
        }
      }
    }
    this.#at = 0;
    this.#isQuoted = false;
    if (this.#head === "") return [];
    const whole = this.#text.slice(0, end);
    // Lines behind the last whole row are counted when it is whole.
    this.#text = this.#text.slice(end);
    return this.#rows(whole, linesToEnd);
  }

  /** Rows that end with the text. @throws DataError when a quote is never closed */
  end(): Record<string, string>[] {
    if (this.#head === "") throw new DataError(`${this.name} holds no rows; a header is expected.`);
    return this.#rows(this.#text, 0);
  }

  #rows(text: string, lines: number): Record<string, string>[] {
    const rows = text === "" ? [] : parseCsvRows(this.#head + text, this.name, this.#lines);
    this.#lines += lines;
    return rows;
  }
}
