import { rmse } from "../../data/evaluation.ts";
import type { Settings } from "../../recipes/settings/shared.ts";
import { type ShiftName, shiftNames } from "./names.ts";
import { type HeldOutRows, joinRows, pickRows } from "./rows.ts";
import { shiftedPredictions, type ShiftKnowledge } from "./shift_scores.ts";
import { type ShiftedRow, type ShiftedSet, shiftedSets } from "./shifted_rows.ts";

/** RMSE under a way to allow for shift. */
export interface ShiftFigure {
  /** The way. */
  readonly shift: ShiftName;
  /** On the validation rows. */
  readonly validation: number;
  /** On the same rows with a metric that does not fit; null where there are none. */
  readonly mismatched: number | null;
  /** On three validation rows of five, and the other two with a metric that does not fit; null where there are none. */
  readonly mixed: number | null;
}

/**
 * Held-out rows under each way to allow for shift. They are cut in half by their texts, and each half is scored by what the
 * other tells of a run, as target rows are.
 *
 * @param knowledgeOf what a run would know with these held-out rows alone
 * @param recordOf number of the record that a text is of
 */
export function shiftHeldOut(
  plain: HeldOutRows,
  mismatched: HeldOutRows | null,
  knowledgeOf: (plain: HeldOutRows, mismatched: HeldOutRows | null) => ShiftKnowledge,
  prediction: Settings["prediction"],
  recordOf: (text: number) => number,
): ShiftedRow[] {
  const place = new Map(Array.from(plain.text, (text, i) => [text, i]));
  const part = (rows: HeldOutRows, wanted: (place: number) => boolean) =>
    pickRows(rows, [...rows.text.keys()].filter((row) => wanted(place.get(rows.text[row]!)!)));
  const isMixedIn = (place: number) => place % 5 > 2;
  return [0, 1].flatMap((half) => {
    const own = (place: number) => place % 2 === half, other = (place: number) => !own(place);
    const knowledge = knowledgeOf(part(plain, other), mismatched && part(mismatched, other));
    const sets: Record<ShiftedSet, HeldOutRows | null> = {
      validation: part(plain, own),
      mismatched: mismatched && part(mismatched, own),
      mixed: mismatched && joinRows(
        part(plain, (place) => own(place) && !isMixedIn(place)),
        part(mismatched, (place) => own(place) && isMixedIn(place)),
      ),
    };
    return shiftedSets.flatMap((set) => {
      const rows = sets[set];
      if (!rows) return [];
      const scores = shiftNames.map((name) =>
        [name, shiftedPredictions(rows, knowledge, { name, target: null }, prediction).score] as const
      );
      return Array.from(rows.text, (text, i): ShiftedRow => ({
        set,
        record: recordOf(text),
        half,
        score: rows.score[i]!,
        predicted: Object.fromEntries(scores.map(([name, score]) => [name, score[i]!])) as Record<ShiftName, number>,
      }));
    });
  });
}

/** What each way to allow for shift does to the RMSE on held-out rows. */
export function shiftFigures(rows: readonly ShiftedRow[]): ShiftFigure[] {
  return shiftNames.map((shift) => {
    const error = (wanted: ShiftedSet) => {
      const own = rows.filter(({ set }) => set === wanted);
      if (own.length === 0) return null;
      return rmse(own.map(({ predicted }) => predicted[shift]), own.map(({ score }) => score));
    };
    return { shift, validation: error("validation")!, mismatched: error("mismatched"), mixed: error("mixed") };
  });
}

/** Heads of a table of `ShiftFigure`s. */
export const shiftHeads = ["shift", "validation", "mismatched", "mixed"] as const;

/** A row of it. */
export function shiftCells({ shift, ...errors }: ShiftFigure): string[] {
  return [
    shift,
    ...[errors.validation, errors.mismatched, errors.mixed].map((one) => one === null ? "-" : one.toFixed(3)),
  ];
}
