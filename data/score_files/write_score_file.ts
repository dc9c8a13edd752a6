import { writeAtomically } from "../../engine/files/files.ts";
import { parquetPieces } from "./parquet_pieces.ts";
import { expectFiniteScores, type ScoreRows } from "./score_rows.ts";
import { csvHead, csvLines, jsonLines } from "./text_lines.ts";

/** Forms of a file of scores. */
export const scoreForms = ["csv", "jsonl", "parquet"] as const;
/** Name of a form of a file of scores. */
export type ScoreForm = (typeof scoreForms)[number];

/** The form that a file's name asks for; CSV where it asks for none. */
export function scoreFormOf(path: string): ScoreForm {
  const [, ending] = /\.([a-z]+)$/i.exec(path) ?? [], name = ending?.toLowerCase();
  return name === "parquet" ? "parquet" : name === "jsonl" || name === "ndjson" ? "jsonl" : "csv";
}

type SomeRows = AsyncIterable<ScoreRows> | Iterable<ScoreRows>;

/**
 * Writes scores, some rows at a time; the file appears whole or not at all.
 *
 * @throws MetrogradError naming a record whose score is not finite
 */
export async function writeScoreFile(path: string, form: ScoreForm, rows: SomeRows): Promise<void> {
  await writeAtomically(path, scoreBytes(form, checked(rows, path)));
}

/** The bytes of a file of scores, a piece for some rows. @param name what messages call the file */
export function scorePieces(form: ScoreForm, rows: SomeRows, name: string): AsyncGenerator<Uint8Array> {
  return scoreBytes(form, checked(rows, name));
}

async function* checked(rows: SomeRows, name: string): AsyncGenerator<ScoreRows> {
  for await (const some of rows) {
    expectFiniteScores(some, name);
    yield some;
  }
}

async function* scoreBytes(form: ScoreForm, rows: AsyncIterable<ScoreRows>): AsyncGenerator<Uint8Array> {
  if (form === "parquet") return yield* parquetPieces(rows);
  const encoder = new TextEncoder();
  let isFirst = true;
  for await (const some of rows) {
    const head = isFirst && form === "csv" ? csvHead(some.columns.map(({ name }) => name)) : "";
    yield encoder.encode(head + (form === "csv" ? csvLines(some) : jsonLines(some)));
    isFirst = false;
  }
}
