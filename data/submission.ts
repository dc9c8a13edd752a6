import { readFileOrExplain } from "../engine/files/files.ts";
import { DataError, ShapeError } from "../kernels/errors.ts";
import { parseCsv } from "./files/csv.ts";
import { explainLookAlike } from "./texts/look_alikes.ts";
import type { NoteTaker } from "./note_taker.ts";
import {
  describeDecimalCommas,
  expectScore,
  hasDecimalComma,
  parseScore,
  type ScoreRange,
  scoreRange,
  toStandard,
} from "./scores.ts";
import { decodeText } from "./files/text_decoding.ts";
import { rounded } from "./score_files/score_rows.ts";
import { writeScoreFile } from "./score_files/write_score_file.ts";

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
  const score = Float64Array.from(scores, (one) => round ? Math.floor(one + 0.5) : one);
  const rows = { numbers: Uint32Array.from(score.keys()), columns: [{ name: "score", values: score }, ...columns] };
  await writeScoreFile(path, "csv", [rows]);
}

/**
 * Reads true scores from a CSV file with the columns `ID` and `score`, in any order and among others. Each ID from 1 to the
 * number of rows stands there once; rows may be in any order. A score may have a decimal comma.
 *
 * @returns scores by ID, from 0 to 10 whatever the range that they are given in
 * @throws DataError naming the file and the line, counted from 1
 */
export async function readScores(
  path: string,
  { onNote = () => {}, range = scoreRange }: { readonly onNote?: NoteTaker; readonly range?: ScoreRange } = {},
): Promise<Float32Array> {
  const bytes = await readFileOrExplain(path, "a CSV file of scores");
  const { text, damage } = decodeText(bytes, path, onNote);
  if (damage) throw new DataError(`${path} is damaged at byte ${damage.byte}: ${damage.problem}.`);
  const { columns, rows } = parseCsv(text, path);
  const [idColumn, scoreColumn] = ["ID", "score"].map((name) => columnNamed(name, columns, path)) as [number, number];
  if (rows.length === 0) throw new DataError(`${path} has no scores; at least one is expected.`);
  const scores = new Float32Array(rows.length).fill(NaN);
  let withComma = 0;
  for (const { line, cells } of rows) {
    const place = `${path}, line ${line}`, id = cells[idColumn]!, field = cells[scoreColumn]!;
    const at = /^[1-9]\d*$/.test(id) ? Number(id) - 1 : NaN;
    if (!(at < rows.length)) {
      throw new DataError(
        `${place}: ID is ${
          JSON.stringify(id)
        }; each number from 1 to ${rows.length}, the rows there are, is expected once.`,
      );
    }
    if (!Number.isNaN(scores[at])) throw new DataError(`${place}: the ID ${id} is there twice.`);
    const score = parseScore(field, range);
    if (score === null) throw new DataError(`${place}: score is ${JSON.stringify(field)}; ${expectScore(range)}.`);
    scores[at] = toStandard(score, range);
    withComma += Number(hasDecimalComma(field));
  }
  if (withComma > 0) onNote(describeDecimalCommas(withComma, path));
  return scores;
}

/** The column of a name, letter case aside. @throws DataError when there is none, or more than one */
function columnNamed(name: string, columns: readonly string[], path: string): number {
  const matches = (column: string) => column.toLowerCase() === name.toLowerCase();
  const at = columns.findIndex(matches);
  if (at < 0) {
    const found = JSON.stringify(columns.join().slice(0, 40));
    const alike = columns.map((column) => explainLookAlike(column, name)).find((one) => one !== "") ?? "";
    throw new DataError(
      `${path}, line 1 is ${found}; the header ID,score is expected${alike && `: "${name}"${alike}`}.`,
    );
  }
  if (columns.findLastIndex(matches) > at) {
    throw new DataError(`${path}, line 1 names the column ${name} twice; once is expected.`);
  }
  return at;
}

/** True for the text of a file that `writeSubmission` wrote, by its first line. */
export function isSubmission(text: string): boolean {
  return /^ID,score(?:,(?!predicted)[^\n]*)?\n/.test(text);
}

/** A number of a CSV file: at most 6 decimals, without zeros at the end and without a minus before 0. */
export function shortest(value: number): string {
  return String(rounded(value));
}
