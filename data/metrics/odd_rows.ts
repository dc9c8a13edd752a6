import type { NpyMatrix } from "../files/npy.ts";
import type { NoteTaker } from "../note_taker.ts";

/** How many times the usual length an embedding may have, or the usual length it. */
const farFactor = 2;

/** Tells of embeddings of metrics that are all zeros, or of another length than the others: their files may be damaged. */
export function noteOddRows(
  { data, rows, columns }: NpyMatrix,
  names: readonly string[],
  path: string,
  onNote: NoteTaker = () => {},
): void {
  const lengths = Array.from(
    { length: rows },
    (_, row) => Math.hypot(...data.subarray(row * columns, (row + 1) * columns)),
  );
  const usual = lengths.toSorted((a, b) => a - b)[rows >> 1]!;
  const tell = (which: (length: number) => boolean, what: (length: number) => string) => {
    const found = [...lengths.keys()].filter((row) => which(lengths[row]!));
    if (found.length === 0) return;
    const first = `${JSON.stringify(names[found[0]!])} ${what(lengths[found[0]!]!)}`;
    onNote(`${path}: ${first}${found.length > 1 ? `, and so are ${found.length - 1} more` : ""}; check the file.`);
  };
  tell((length) => length === 0, () => "is all zeros");
  tell(
    (length) => length > 0 && (length > farFactor * usual || length < usual / farFactor),
    (length) => `is ${length.toPrecision(3)} long, far from the usual ${usual.toPrecision(3)}`,
  );
}
