import { cellText, rounded, type ScoreRows } from "./score_rows.ts";

/** The first line of a CSV file of scores. */
export function csvHead(names: readonly string[]): string {
  return `${["ID", ...names].map(quoted).join(",")}\n`;
}

/** Rows as lines of CSV: IDs from 1, numbers with at most 6 decimals; line breaks in texts become spaces. */
export function csvLines({ numbers, columns }: ScoreRows): string {
  const cell = (value: unknown) => typeof value === "number" ? String(rounded(value)) : quoted(cellText(value));
  return lines(numbers, (number, row) => [number + 1, ...columns.map(({ values }) => cell(values[row]))].join(","));
}

/** Rows as JSON lines: `{"ID": 1, "score": 7.25, ...}`; fields of records stay what they are. */
export function jsonLines({ numbers, columns }: ScoreRows): string {
  const field = (value: unknown) => typeof value === "number" ? rounded(value) : value ?? null;
  return lines(
    numbers,
    (number, row) =>
      JSON.stringify({
        ID: number + 1,
        ...Object.fromEntries(columns.map(({ name, values }) => [name, field(values[row])])),
      }),
  );
}

/** True for text that `jsonLines` wrote, by its first line. */
export function isJsonOfScores(text: string): boolean {
  return /^\{"ID":[1-9]\d*,"score":-?\d/.test(text);
}

function lines(numbers: Uint32Array, line: (number: number, row: number) => string): string {
  let text = "";
  numbers.forEach((number, row) => text += `${line(number, row)}\n`);
  return text;
}

/** A text of a CSV file, in one line. */
function quoted(text: string): string {
  const line = text.replace(/\s*[\r\n]+\s*/g, " ");
  return /[",]/.test(line) ? `"${line.replaceAll('"', '""')}"` : line;
}
