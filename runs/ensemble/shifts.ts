import { meanScore } from "../../data/evaluation.ts";
import { DataError } from "../../kernels/errors.ts";
import { finishScore } from "../../scoring/finish_score.ts";
import type { RunFolder } from "../run_folder.ts";
import type { Settings } from "../../recipes/settings/shared.ts";
import { moveMean } from "../../scoring/shift/mean.ts";
import { type ShiftFigure, shiftFigures } from "../../scoring/shift/measure_shifts.ts";
import type { ShiftName } from "../../scoring/shift/names.ts";
import { readShiftedRows, type ShiftedRow } from "../../scoring/shift/shifted_rows.ts";
import { type Combination, combine } from "./combine.ts";

/**
 * What each way to allow for shift does on the held-out rows of an ensemble. Each member allows for it by its own held-out
 * rows, and what they say is combined, but for "mean", which moves the combined scores: as `EnsembleScorer.predict` does.
 *
 * @param combinationOf of a record's number, from 0: a combination that was fitted without it
 * @returns none where a member is of an earlier version, which does not keep such rows
 * @throws DataError when the members do not have the same rows
 */
export async function ensembleShifts(
  members: readonly RunFolder[],
  combinationOf: (record: number) => Combination,
  prediction: Settings["prediction"],
): Promise<ShiftFigure[]> {
  const each: ShiftedRow[][] = [];
  for (const { shifted } of members) {
    const rows = await readShiftedRows(shifted);
    if (!rows) return [];
    each.push(rows);
  }
  const key = (rows: readonly ShiftedRow[]) => rows.map(({ set, record, half }) => `${set} ${record} ${half}`).join();
  const odd = each.findIndex((rows) => key(rows) !== key(each[0]!));
  if (odd < 0) return shiftFigures(combineShifted(each, combinationOf, prediction));
  throw new DataError(`${members[odd]!.path} has other held-out rows in shifted.csv than ${members[0]!.path}.`);
}

/** Rows of all members, [members][rows], combined. */
export function combineShifted(
  members: readonly (readonly ShiftedRow[])[],
  combinationOf: (record: number) => Combination,
  prediction: Settings["prediction"],
): ShiftedRow[] {
  const rows = members[0]!.map((row, i) => {
    const combined = (name: ShiftName) =>
      combine(members.map((own) => [own[i]!.predicted[name]]), combinationOf(row.record))[0]!;
    return { row, none: combined("none"), em: combined("em"), bbse: combined("bbse"), auto: combined("auto") };
  });
  // All rows of a set and a half are target rows at once; "mean" brings their mean to that of "em".
  const groups = Map.groupBy(rows, ({ row: { set, half } }) => `${set} ${half}`);
  const moved = new Map([...groups.values()].flatMap((group) => {
    const exact = (name: "none" | "em") =>
      Float32Array.from(group, (scores) => finishScore(scores[name], { ...prediction, round: false }));
    const scores = moveMean(exact("none"), meanScore(exact("em")), prediction);
    return group.map(({ row }, i) => [row, scores[i]!] as const);
  }));
  const finished = (score: number) => finishScore(score, prediction);
  return rows.map(({ row, none, em, bbse, auto }) => ({
    ...row,
    predicted: {
      none: finished(none),
      mean: moved.get(row)!,
      em: finished(em),
      bbse: finished(bbse),
      auto: finished(auto),
    },
  }));
}
