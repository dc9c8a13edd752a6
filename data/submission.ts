import { readFileOrExplain, writeAtomically } from "../engine/files.ts";
import { DataError, MetrogradError, ShapeError } from "../kernels/errors.ts";
import type { NoteTaker } from "./note_taker.ts";
import { parseScore, scoreExpectation } from "./scores.ts";
import { decodeText } from "./text_decoding.ts";

/** How `writeSubmission` writes. */
export interface SubmissionOptions {
  /** Round scores to integers (halves upwards). */
  readonly round?: boolean;
  /** Columns after `score`, one number or text a record; line breaks in texts become spaces. */
  readonly columns?: readonly { readonly name: string; readonly values: ArrayLike<number | string> }[];
}

/**
 * Writes predictions as CSV: `ID,score`, IDs from 1 in the order of the records, numbers with at most 6 decimals.
 *
 * @throws MetrogradError when a number is not finite
 * @throws ShapeError when a column is not as long as the scores
 */
export async function writeSubmission(
  path: string,
  scores: ArrayLike<number>,
  { round = false, columns = [] }: SubmissionOptions = {},
): Promise<void> {
  for (const { name, values } of columns) {
    if (values.length !== scores.length) {
      throw new ShapeError(`${path}: ${scores.length} scores, but column ${name} has ${values.length} values.`);
    }
  }
  const lines = [["ID", "score", ...columns.map(({ name }) => quoted(name))].join(",")];
  for (let i = 0; i < scores.length; i++) {
    const score = round ? Math.floor(scores[i]! + 0.5) : scores[i]!;
    const cells = [score, ...columns.map(({ values }) => values[i]!)];
    const numbers = cells.filter((cell) => typeof cell === "number");
    if (!numbers.every(Number.isFinite)) {
      throw new MetrogradError(
        `${path}: record ${i + 1} has the values ${numbers.join(", ")}; finite ones are expected.`,
      );
    }
    lines.push([i + 1, ...cells.map((cell) => typeof cell === "number" ? shortest(cell) : quoted(cell))].join(","));
  }
  await writeAtomically(path, `${lines.join("\n")}\n`);
}

/**
 * Reads true scores from a CSV file `ID,score` whose IDs are 1, 2, 3 ... Further columns are passed over.
 *
 * @throws DataError naming the file and the line, counted from 1
 */
export async function readScores(path: string, options: { readonly onNote?: NoteTaker } = {}): Promise<Float32Array> {
  const bytes = await readFileOrExplain(path, "a CSV file of scores");
  const { text, damage } = decodeText(bytes, path, options.onNote);
  if (damage) throw new DataError(`${path} is damaged at byte ${damage.byte}: ${damage.problem}.`);
  const [header = "", ...lines] = text.trimEnd().split(/\r?\n/);
  if (!/^"?ID"?,"?score"?(?:,|$)/i.test(header)) {
    throw new DataError(`${path}, line 1 is ${JSON.stringify(header.slice(0, 40))}; the header ID,score is expected.`);
  }
  if (lines.length === 0) throw new DataError(`${path} has no scores; at least one is expected.`);
  return Float32Array.from(lines, (line, index) => {
    const place = `${path}, line ${index + 2}`;
    const [id, field = ""] = line.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
    if (id !== `${index + 1}`) throw new DataError(`${place}: ID is ${JSON.stringify(id)}; ${index + 1} is expected.`);
    const score = parseScore(field);
    if (score === null) throw new DataError(`${place}: score is ${JSON.stringify(field)}; ${scoreExpectation}.`);
    return score;
  });
}

/** True for the text of a file that `writeSubmission` wrote, by its first line. */
export function isSubmission(text: string): boolean {
  return /^ID,score(?:,(?!predicted)[^\n]*)?\n/.test(text);
}

/** A text of a CSV file, in one line. */
function quoted(text: string): string {
  const line = text.replace(/\s*[\r\n]+\s*/g, " ");
  return /[",]/.test(line) ? `"${line.replaceAll('"', '""')}"` : line;
}

/** A number of a CSV file: at most 6 decimals, without zeros at the end and without a minus before 0. */
export function shortest(value: number): string {
  return String(Number(value.toFixed(6)) + 0);
}
