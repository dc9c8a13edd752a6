import { parseNumbers } from "../data/files/csv.ts";
import { readFileOrExplain, writeAtomically } from "../engine/files/files.ts";
import { DataError } from "../kernels/errors.ts";
import { partsOf } from "./ensemble/combine.ts";
import { misfitProbability } from "../scoring/fit/misfits.ts";
import { standardDeviationOf } from "../recipes/training/predict_rows.ts";
import { RunFolder } from "./run_folder.ts";
import { finishScore } from "../scoring/finish_score.ts";
import { expectedScores } from "../scoring/shift/classes.ts";
import { readClasses } from "./results/classes_file.ts";
import { underShift } from "../scoring/shift/label_shift.ts";
import type { AppliedShift } from "../scoring/shift/shift_scores.ts";
import { groupsOf, readValidation, type ValidationRow } from "./results/validation_file.ts";
import type { CalibrationRows } from "../scoring/calibration/calibration_rows.ts";

/** What a run's fit model says of a held-out row, from which its score follows for any share of rows that do not fit. */
export interface HeldOutEvidence {
  /** Score of the recipe itself. */
  readonly recipe: number;
  /** p(metric | text) / p(metric). */
  readonly ratio: number;
  /** Its regime, by its number in `regimeNames`. */
  readonly regime: number;
  /** Score to expect if the metric does not fit. */
  readonly misfit: number;
}

const head = "recipe,ratio,regime,misfit";

/** Writes evidence as CSV, a line for each row of `validation.csv` and then of `mismatched.csv`. */
export async function writeEvidence(path: string, rows: readonly HeldOutEvidence[]): Promise<void> {
  const lines = rows.map(({ recipe, ratio, regime, misfit }) =>
    [recipe, ratio, regime, misfit].map((one) => one.toPrecision(9)).join(",")
  );
  await writeAtomically(path, [head, ...lines].map((line) => `${line}\n`).join(""));
}

/** Reads what `writeEvidence` wrote. @throws DataError when it is missing or damaged */
export async function readEvidence(path: string): Promise<HeldOutEvidence[]> {
  const text = new TextDecoder().decode(await readFileOrExplain(path, "what the fit model says of held-out rows"));
  return parseNumbers(text, path, head).map(([, [recipe, ratio, regime, misfit]]) => ({
    recipe: recipe!,
    ratio: ratio!,
    regime: regime!,
    misfit: misfit!,
  }));
}

/** True when a run or an ensemble is finished, so that its held-out rows are there. */
export async function holdsHeldOut(path: string): Promise<boolean> {
  return await new RunFolder(path).isFinished();
}

/**
 * The held-out rows of a run or an ensemble, scored and weighed to resemble the target rows. With the share of rows that do
 * not fit, those with a swapped metric count as much; with class shares, each row counts by how much more frequent its class
 * is than in training. With neither, plain rows count alike, and the others for nothing.
 *
 * @param applied what the target rows were scored by
 * @throws DataError when the run is not finished
 * @see Tibshirani et al., "Conformal prediction under covariate shift" (2019); Podkopaev, Ramdas, "Distribution-free
 * uncertainty quantification for classification under label shift" (2021)
 */
export async function calibrationRows(path: string, applied: AppliedShift | null): Promise<CalibrationRows> {
  const folder = new RunFolder(path);
  const plain = await readValidation(folder.validation);
  const mismatched = await readMismatched(folder);
  const rows = [...plain, ...mismatched];
  const own = { rows, plain: plain.length };
  const scored = applied === null
    ? scoredAsKept(own)
    : applied.kind === "misfits"
    ? await scoredByFit(folder, own, applied)
    : await scoredByClasses(folder, own, applied.ratios);
  const parts = partsOf(plain.length), place = new Map(plain.map(({ record }, i) => [record, parts[i]!]));
  return {
    ...scored,
    actual: Float64Array.from(rows, ({ score }) => score),
    part: rows.map(({ record }) => place.get(record) ?? 0),
    group: groupsOf(rows),
    plain: plain.length,
  };
}

/** Plain rows, then those with a metric that does not fit. */
interface KeptRows {
  readonly rows: readonly ValidationRow[];
  readonly plain: number;
}

type ScoredRows = Pick<CalibrationRows, "predicted" | "standardDeviation" | "weight">;

function scoredAsKept({ rows, plain }: KeptRows): ScoredRows {
  return {
    predicted: Float64Array.from(rows, ({ predicted }) => predicted),
    standardDeviation: standardDeviationsOf(rows),
    weight: Float64Array.from(rows, (_, i) => i < plain ? 1 : 0),
  };
}

function standardDeviationsOf(rows: readonly ValidationRow[]): Float64Array | null {
  return rows.every(({ standardDeviation }) => standardDeviation !== null)
    ? Float64Array.from(rows, ({ standardDeviation }) => standardDeviation!)
    : null;
}

async function scoredByFit(
  folder: RunFolder,
  { rows, plain }: KeptRows,
  { share, shares }: Extract<AppliedShift, { readonly kind: "misfits" }>,
): Promise<ScoredRows> {
  const { config: { settings: { prediction } } } = await folder.readConfig();
  const evidence = await readEvidence(folder.evidence);
  if (evidence.length !== rows.length) {
    throw new DataError(
      `${folder.evidence} has ${evidence.length} rows, but validation.csv and mismatched.csv have ${rows.length}.`,
    );
  }
  const swapped = rows.length - plain, of = swapped > 0 ? share : 0;
  return {
    predicted: Float64Array.from(evidence, ({ recipe, ratio, regime, misfit }) => {
      const probability = misfitProbability(ratio, shares[regime] ?? 0);
      return finishScore((1 - probability) * recipe + probability * misfit, prediction);
    }),
    standardDeviation: standardDeviationsOf(rows),
    weight: Float64Array.from(rows, (_, i) => i < plain ? (1 - of) * rows.length / plain : of * rows.length / swapped),
  };
}

async function scoredByClasses(folder: RunFolder, { rows }: KeptRows, ratios: Float64Array): Promise<ScoredRows> {
  const { config: { settings: { prediction } } } = await folder.readConfig();
  const classes = await readClasses(folder);
  if (!classes) {
    throw new DataError(`${folder.path} keeps no class probabilities of its held-out rows; train it again.`);
  }
  const { probabilities, truth, weight } = classes.heldOut;
  const posterior = underShift(probabilities, { ratios });
  return {
    predicted: expectedScores(posterior).map((score) => finishScore(score, prediction)),
    standardDeviation: standardDeviationsOf(rows) &&
      Float64Array.from(standardDeviationOf(Float32Array.from(posterior))),
    weight: Float64Array.from(weight, (one, i) => one * ratios[truth[i]!]!),
  };
}

/** The predictions of mismatched rows; none where a run of an earlier version has not written them. */
async function readMismatched({ mismatched }: RunFolder): Promise<ValidationRow[]> {
  const exists = await Deno.stat(mismatched).then(() => true, () => false);
  return exists ? await readValidation(mismatched) : [];
}
