import { readFileOrExplain, writeAtomically } from "../../engine/files.ts";
import { DataError } from "../../kernels/errors.ts";
import { partsOf } from "../ensemble/combine.ts";
import { misfitProbability } from "../gate/mixture_fit.ts";
import { RunFolder } from "../run_folder.ts";
import { finishScore } from "../finish_score.ts";
import { readValidation, type ValidationRow } from "../validation_file.ts";
import type { ConformalRows } from "./conformal.ts";

/** What a run's gate says of a held-out row, from which its score follows for any share of rows that do not fit. */
export interface HeldOutEvidence {
  /** Score of the recipe itself. */
  readonly recipe: number;
  /** p(metric | texts) / p(metric). */
  readonly odds: number;
  /** Score to expect if the metric does not fit. */
  readonly misfit: number;
}

const head = "recipe,odds,misfit";

/** Writes evidence as CSV, a line for each row of `validation.csv` and then of `mismatched.csv`. */
export async function writeEvidence(path: string, rows: readonly HeldOutEvidence[]): Promise<void> {
  const lines = rows.map(({ recipe, odds, misfit }) =>
    [recipe, odds, misfit].map((one) => one.toPrecision(9)).join(",")
  );
  await writeAtomically(path, [head, ...lines].map((line) => `${line}\n`).join(""));
}

/** Reads what `writeEvidence` wrote. @throws DataError when it is missing or damaged */
export async function readEvidence(path: string): Promise<HeldOutEvidence[]> {
  const text = new TextDecoder().decode(await readFileOrExplain(path, "what the gate says of held-out rows"));
  const [first, ...lines] = text.trimEnd().split("\n");
  const rows = lines.map((line) => line.split(",").map(Number));
  if (first !== head || !rows.every((cells) => cells.length === 3 && cells.every(Number.isFinite))) {
    throw new DataError(`${path} is damaged; lines of ${head} are expected.`);
  }
  return rows.map(([recipe, odds, misfit]) => ({ recipe: recipe!, odds: odds!, misfit: misfit! }));
}

/** True when a run or an ensemble is finished, so that its held-out rows are there. */
export async function holdsHeldOut(path: string): Promise<boolean> {
  return await new RunFolder(path).isFinished();
}

/** Held-out rows of a run: the plain ones, then those with a metric that does not fit. */
export interface CalibrationRows extends ConformalRows {
  /** Scores as the run gives them, [rows]. */
  readonly predicted: Float64Array;
  /** True scores, [rows]. */
  readonly actual: Float64Array;
  /** Standard deviations that the run gives, [rows]; null where it gives none. */
  readonly spread: Float64Array | null;
  /** Those with a metric that does not fit count for nothing where it is not known how many such rows are scored. */
  readonly weight: Float64Array;
  /** Parts that take turns at being left out; a record is in one part, whatever its metric. */
  readonly part: readonly number[];
  /** How many rows are plain. */
  readonly plain: number;
}

/**
 * The held-out rows of a run or an ensemble, weighted to resemble what is scored.
 *
 * @param share share of the scored rows whose metric does not fit, as the run's gate estimates it: held-out rows are scored by
 * it as well, and those with a swapped metric count as much; null where there is no gate
 * @throws DataError when the run is not finished
 */
export async function calibrationRows(path: string, share: number | null): Promise<CalibrationRows> {
  const folder = new RunFolder(path);
  const plain = await readValidation(folder.validation);
  const mismatched = await readMismatched(folder);
  const rows = [...plain, ...mismatched];
  const predicted = share === null ? rows.map(({ predicted }) => predicted) : await scoredByGate(folder, rows, share);
  const parts = partsOf(plain.length), place = new Map(plain.map(({ record }, i) => [record, parts[i]!]));
  const weightOf = (own: number, of: number) => of > 0 ? own * rows.length / of : 0;
  const shareOfMisfits = mismatched.length > 0 ? share ?? 0 : 0;
  const weights = [weightOf(1 - shareOfMisfits, plain.length), weightOf(shareOfMisfits, mismatched.length)] as const;
  return {
    predicted: Float64Array.from(predicted),
    actual: Float64Array.from(rows, ({ score }) => score),
    spread: rows.every(({ spread }) => spread !== null) ? Float64Array.from(rows, ({ spread }) => spread!) : null,
    weight: Float64Array.from(rows, (_, i) => i < plain.length ? weights[0] : weights[1]),
    part: rows.map(({ record }) => place.get(record) ?? 0),
    plain: plain.length,
  };
}

/** The predictions of mismatched rows; none where a run of an earlier version has not written them. */
async function readMismatched({ mismatched }: RunFolder): Promise<ValidationRow[]> {
  const exists = await Deno.stat(mismatched).then(() => true, () => false);
  return exists ? await readValidation(mismatched) : [];
}

async function scoredByGate(folder: RunFolder, rows: readonly ValidationRow[], share: number): Promise<number[]> {
  const { config: { settings: { prediction } } } = await folder.readConfig();
  const evidence = await readEvidence(folder.evidence);
  if (evidence.length !== rows.length) {
    throw new DataError(
      `${folder.evidence} has ${evidence.length} rows, but validation.csv and mismatched.csv have ${rows.length}.`,
    );
  }
  return evidence.map(({ recipe, odds, misfit }) => {
    const probability = misfitProbability(odds, share);
    return finishScore((1 - probability) * recipe + probability * misfit, prediction);
  });
}
