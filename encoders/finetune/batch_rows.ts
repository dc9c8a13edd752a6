import type { PairBatch } from "./pairs.ts";
import type { TuningSettings } from "./settings.ts";

/** What is encoded in a step, and which of its rows belong together. */
export interface BatchRows {
  /** Texts to encode. But for two views of one text, none stands there twice. */
  readonly texts: readonly string[];
  /** Row of each pair's anchor. */
  readonly anchors: readonly number[];
  /** Row of each pair's positive. */
  readonly positives: readonly number[];
  /** Pairs that have a negative, and its row. */
  readonly negatives: readonly { readonly pair: number; readonly row: number }[];
  /** For `mnr`: 1 where a candidate is no negative of an anchor, [pairs, pairs + negatives]. */
  readonly leftOut: Uint8Array;
  /** For `mnr`: true when no anchor has a negative. */
  readonly withoutNegatives: boolean;
}

/** Finds the rows of a batch. Multiple negatives ranking takes negatives of its own only where they are hard. */
export function rowsOf({ kind, pairs }: PairBatch, loss: TuningSettings["loss"]): BatchRows {
  const texts: string[] = [], known = new Map<string, number>();
  const rowOf = (text: string, side: string) => {
    // Two views of one text differ by their dropout.
    const key = kind === "texts" && side !== "" ? `${side}${text}` : text;
    const row = known.get(key) ?? texts.push(text) - 1;
    known.set(key, row);
    return row;
  };
  const anchors = pairs.map(({ anchor }) => rowOf(anchor, "1 "));
  const positives = pairs.map(({ positive }) => rowOf(positive, "2 "));
  const negatives = pairs.flatMap(({ negative }, pair) =>
    negative === null || (loss === "mnr" && kind === "texts") ? [] : [{ pair, row: rowOf(negative, "1 ") }]
  );
  const candidates = [...positives, ...negatives.map(({ row }) => row)], columns = candidates.length;
  const leftOut = new Uint8Array(pairs.length * columns);
  pairs.forEach(({ fits }, i) =>
    candidates.forEach((row, j) => leftOut[i * columns + j] = j !== i && fits(texts[row]!) ? 1 : 0)
  );
  const usable = leftOut.length - pairs.length - leftOut.reduce((sum, one) => sum + one, 0);
  return { texts, anchors, positives, negatives, leftOut, withoutNegatives: usable === 0 };
}
