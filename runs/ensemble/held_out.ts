import { rmse } from "../../data/evaluation.ts";
import { DataError } from "../../kernels/errors.ts";
import type { RunFolder } from "../run_folder.ts";
import { readValidation, type ValidationRow } from "../results/validation_file.ts";
import type { MemberScores } from "./combine.ts";

/** Rows that the members of an ensemble had not seen, as each scores them. */
export interface ScoredByMembers {
  /** Numbers of the records. */
  readonly records: readonly number[];
  /** Numbers of their groups, [rows]; null where records were not grouped. */
  readonly groups: readonly (number | null)[];
  /** True scores, [rows]. */
  readonly truth: readonly number[];
  /** [members][rows] */
  readonly scores: readonly (readonly number[])[];
  /** Standard deviations, [members][rows]; for a member that gives none its RMSE on the plain rows. */
  readonly standardDeviations: readonly (readonly number[])[];
}

/** The validation rows of an ensemble, as its members score them. */
export interface EnsembleHeldOut {
  readonly plain: ScoredByMembers;
  /** The same rows with a metric that does not fit; empty where there are none. */
  readonly mismatched: ScoredByMembers;
  /** RMSE of each member on the plain rows, [members]. */
  readonly rmse: readonly number[];
}

/** Reads what the members of an ensemble predicted. @throws DataError when they do not have the same rows */
export async function readHeldOut(members: readonly RunFolder[]): Promise<EnsembleHeldOut> {
  const plain = await Promise.all(members.map(({ validation }) => readValidation(validation)));
  const mismatched = await Promise.all(members.map(({ mismatched }) => readValidation(mismatched)));
  const key = (rows: readonly ValidationRow[]) => rows.map(({ record, score }) => `${record} ${score}`).join();
  for (const sets of [plain, mismatched]) {
    const odd = sets.findIndex((rows) => key(rows) !== key(sets[0]!));
    if (odd < 0) continue;
    throw new DataError(
      `${members[odd]!.path} was validated on other rows than ${
        members[0]!.path
      }; the data of an ensemble may not change.`,
    );
  }
  const errors = plain.map((rows) => rmse(rows.map(({ predicted }) => predicted), rows.map(({ score }) => score)));
  const rowsOf = (sets: readonly ValidationRow[][]): ScoredByMembers => ({
    records: sets[0]!.map(({ record }) => record),
    groups: sets[0]!.map(({ group }) => group ?? null),
    truth: sets[0]!.map(({ score }) => score),
    scores: sets.map((rows) => rows.map(({ predicted }) => predicted)),
    standardDeviations: sets.map((rows, member) =>
      rows.map(({ standardDeviation }) => standardDeviation ?? errors[member]!)
    ),
  });
  return { plain: rowsOf(plain), mismatched: rowsOf(mismatched), rmse: errors };
}

/**
 * What a combination is fitted to: the plain rows, then the mismatched ones.
 *
 * @param mismatchedShare how much the mismatched rows count of all
 */
export function rowsToFit(
  { plain, mismatched }: Pick<EnsembleHeldOut, "plain" | "mismatched">,
  mismatchedShare: number,
): MemberScores {
  const own = plain.truth.length, other = mismatched.truth.length;
  const share = other > 0 ? mismatchedShare : 0;
  return {
    scores: plain.scores.map((scores, member) => [...scores, ...mismatched.scores[member]!]),
    truth: [...plain.truth, ...mismatched.truth],
    weight: [...plain.truth.map(() => 1 - share), ...mismatched.truth.map(() => share * own / other)],
  };
}
