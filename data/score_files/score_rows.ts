import { MetrogradError } from "../../kernels/errors.ts";

/** Some rows of a file of scores. */
export interface ScoreRows {
  /** Numbers of the records, from 0. */
  readonly numbers: Uint32Array;
  /** The score and what else is said of each record: numbers, or whatever the record itself has there. */
  readonly columns: readonly { readonly name: string; readonly values: ArrayLike<unknown> }[];
}

/** A value in a cell: what is no text as JSON, "" for what is missing. */
export function cellText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A number with at most 6 decimals, and no minus before 0. */
export function rounded(value: number): number {
  return Number(value.toFixed(6)) + 0;
}

/** @param name what messages call the file @throws MetrogradError naming a record that has a number that is not finite */
export function expectFiniteScores({ numbers, columns }: ScoreRows, name: string): void {
  numbers.forEach((number, row) => {
    const values = columns.map((column) => column.values[row]).filter((value) => typeof value === "number");
    if (values.every(Number.isFinite)) return;
    throw new MetrogradError(
      `${name}: record ${number + 1} has the values ${values.join(", ")}; finite ones are expected.`,
    );
  });
}
