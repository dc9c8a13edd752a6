import { parseNumbers } from "../../data/files/csv.ts";
import { shortest } from "../../data/submission.ts";
import { readFileOrExplain, writeAtomically } from "../../engine/files/files.ts";

/** A record that was predicted by a model that had not seen it. */
export interface ValidationRow {
  /** Its number in the file of records, from 0. */
  readonly record: number;
  /** Its true score. */
  readonly score: number;
  readonly predicted: number;
  /** Standard deviation that the model gives the score; null where it gives none. */
  readonly standardDeviation: number | null;
  /** Number of the group that it was held out with; null or absent where records were not grouped. */
  readonly group?: number | null;
}

/** Numbers of the rows' groups; null where records were not grouped. */
export function groupsOf(rows: readonly Pick<ValidationRow, "group">[]): number[] | null {
  const groups = rows.map(({ group }) => group ?? null);
  return groups.every((group) => group !== null) ? groups : null;
}

/** Writes predictions of validation rows as CSV; records are counted from 1 there. */
export async function writeValidation(path: string, rows: readonly ValidationRow[]): Promise<void> {
  const hasStandardDeviation = rows.every(({ standardDeviation }) => standardDeviation !== null);
  const groups = groupsOf(rows);
  const lines = rows.map(({ record, score, predicted, standardDeviation }, i) =>
    [
      record + 1,
      shortest(score),
      shortest(predicted),
      ...(hasStandardDeviation ? [shortest(standardDeviation!)] : []),
      ...(groups ? [groups[i]!] : []),
    ].join(",")
  );
  const head = [
    "ID",
    "score",
    "predicted",
    ...(hasStandardDeviation ? ["standard_deviation"] : []),
    ...(groups ? ["group"] : []),
  ]
    .join(",");
  await writeAtomically(path, [head, ...lines].map((line) => `${line}\n`).join(""));
}

/** Reads what `writeValidation` wrote. @throws DataError when the file is missing or damaged */
export async function readValidation(path: string): Promise<ValidationRow[]> {
  const text = new TextDecoder().decode(await readFileOrExplain(path, "the predictions of validation rows"));
  // Runs of earlier versions call the column "spread".
  const heads = ["", ",standard_deviation", ",spread"].flatMap((more) =>
    ["", ",group"].map((last) => `ID,score,predicted${more}${last}`)
  );
  const head = heads.find((one) => text.startsWith(`${one}\n`)) ?? heads[0]!, names = head.split(",");
  return parseNumbers(text, path, head).map(([, cells]) => {
    const [id, score, predicted] = cells;
    const named = (name: string) => cells[names.indexOf(name)] ?? null;
    return {
      record: id! - 1,
      score: score!,
      predicted: predicted!,
      standardDeviation: named("standard_deviation") ?? named("spread"),
      group: named("group"),
    };
  });
}
