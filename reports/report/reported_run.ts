import { groupsOf, readValidation, type ValidationRow } from "../../runs/results/validation_file.ts";
import type { MetricRecord } from "../../data/records.ts";
import { recordLanguages } from "../../data/texts/record_languages.ts";
import type { EpochFigures } from "../../data/observer.ts";
import { type ScoreRange, scoreRange } from "../../data/scores.ts";
import { whatIsAt } from "../../engine/files/files.ts";
import { type HeldOutEvidence, readEvidence } from "../../runs/calibration_rows.ts";
import { describeRun, type RunLine } from "../../runs/compare.ts";
import { callOf } from "../../runs/pages/train_call.ts";
import { readShiftFigures } from "../../runs/results/classes_file.ts";
import { readHeldOutRows } from "../../runs/results/held_out_rows.ts";
import { readEnvironment, type RunEnvironment } from "../../runs/results/environment.ts";
import { type EpochTiming, readHistory } from "../../runs/results/history.ts";
import { readJsonLines } from "../../runs/results/json_lines.ts";
import { type RunConfig, RunFolder } from "../../runs/run_folder.ts";
import { openTrained, type TrainedFolder } from "../../runs/trained_folder.ts";
import { evaluate, type Evaluation, type IntervalFigures } from "../../scoring/evaluate.ts";
import { scaleErrors, scaleScores, scaleSetFigure, scaleShiftFigure } from "../../scoring/score_scale.ts";
import { readFigures, type SetFigure } from "../../scoring/set_figure.ts";
import type { ShiftFigure } from "../../scoring/shift/measure_shifts.ts";
import { readShiftedRows, type ShiftedRow } from "../../scoring/shift/shifted_rows.ts";
import { heldOutCoverage } from "./coverage.ts";

/** Records as a run scored them, on the scale of their data, and the figures that `evaluate` has for them. */
export interface ScoredRows {
  /** Numbers of the records in their files, from 0, by row. */
  readonly numbers: readonly number[];
  /** Their records; null where their data cannot be read any more. */
  readonly records: readonly MetricRecord[] | null;
  /** The language of each; null where they are not known. */
  readonly languages: readonly string[] | null;
  /** [rows] */
  readonly actual: Float32Array;
  /** [rows] */
  readonly predicted: Float32Array;
  /** Scores before they were allowed for shift, [rows]; null where that is not known. */
  readonly unshifted: Float32Array | null;
  /** Numbers of the rows' groups; null where records were not grouped. */
  readonly groups: readonly number[] | null;
  readonly figures: Evaluation;
  /** What intervals hold, by the share that they should hold. */
  readonly coverage: readonly IntervalFigures[];
}

/** The epochs of a single run: of a run, a member or a fold. */
export interface RunHistory {
  readonly folder: string;
  readonly epochs: readonly EpochFigures[];
  readonly timings: readonly EpochTiming[];
  readonly environment: RunEnvironment | null;
}

/** What the fit model of a run says of held-out rows, and whether their metrics fit. */
export interface FitRow extends HeldOutEvidence {
  readonly fits: boolean;
}

/** A run, an ensemble or folds, as a report shows it. */
export interface ReportedRun {
  /** Its folder, which names it. */
  readonly name: string;
  readonly trained: TrainedFolder;
  readonly line: RunLine;
  /** The scale of its scores. */
  readonly range: ScoreRange;
  /** Figures that training left, on that scale; none for folds. */
  readonly sets: readonly SetFigure[];
  readonly scored: ScoredRows;
  readonly histories: readonly RunHistory[];
  /** Empty where there is no fit model, and for ensembles. */
  readonly evidence: readonly FitRow[];
  /** Held-out rows under each shift, on the scale from 0 to 10; empty where they are not kept. */
  readonly shifted: readonly ShiftedRow[];
  /** RMSE on held-out rows by shift, on the run's scale. */
  readonly shifts: readonly ShiftFigure[];
  /** The call that makes it again. */
  readonly call: string;
}

/** Records of a run's data, which may be in the folder of `run`; null where they cannot be read, or are not those that the rows were made of. */
export type RecordSource = (
  config: Pick<TrainedFolder["config"], "files">,
  rows: readonly ValidationRow[],
  run: string,
) => Promise<readonly MetricRecord[] | null>;

/**
 * Reads what training left in a folder.
 *
 * @returns null when it is not finished yet
 * @throws UsageError when it holds no run, no ensemble and no folds
 */
export async function readReported(name: string, recordsOf: RecordSource): Promise<ReportedRun | null> {
  const line = await describeRun(name);
  if (line === null) return null;
  const trained = await openTrained(name), { config, folds, runs, scorers } = trained;
  const { inputs } = await new RunFolder(runs[0]!).readConfig();
  const range = inputs?.scoreRange ?? scoreRange;
  const rows = await readHeldOutRows(trained);
  const folder = new RunFolder(name), figures = folds === null ? await readFigures(folder.figures) : null;
  const records = await recordsOf(config, rows, runs[0]!), written = records && recordLanguages(records);
  const deviations = rows.map(({ standardDeviation }) => standardDeviation);
  const scores = {
    actual: scaleScores(Float32Array.from(rows, ({ score }) => score), range),
    predicted: scaleScores(Float32Array.from(rows, ({ predicted }) => predicted), range),
    standardDeviation: deviations.every((one) => one !== null)
      ? scaleErrors(Float32Array.from(deviations), range)
      : null,
  };
  return {
    name,
    trained,
    line,
    range,
    sets: (figures ?? []).map((figure) => scaleSetFigure(figure, range)),
    scored: {
      ...scores,
      numbers: rows.map(({ record }) => record),
      records,
      languages: written && written.languages,
      unshifted: null,
      groups: groupsOf(rows),
      figures: evaluate(
        { ...scores, score: scores.predicted, intervals: null, ridge: null, trainMean: inputs?.trainMean ?? NaN },
        scores.actual,
        records ?? rows.map(() => unknownRecord),
        written ?? undefined,
      ),
      coverage: heldOutCoverage(rows, range),
    },
    histories: await Promise.all(runs.map(historyOf)),
    evidence: (await Promise.all(runs.length === scorers.length ? scorers.map(evidenceOf) : [])).flat(),
    shifted: (await Promise.all(runs.length === scorers.length ? scorers.map(shiftedOf) : [])).flat(),
    shifts: folds === null ? (await readShiftFigures(folder)).map((figure) => scaleShiftFigure(figure, range)) : [],
    call: callOf(config, name, folds),
  };
}

const unknownRecord: MetricRecord = {
  metric: "",
  systemPrompt: null,
  userPrompt: "",
  response: "",
  score: null,
  extra: {},
};

async function historyOf(path: string): Promise<RunHistory> {
  const { history, timings, environment } = new RunFolder(path);
  return {
    folder: path,
    epochs: await readHistory(history),
    timings: await readJsonLines(timings) as EpochTiming[],
    environment: await readEnvironment(environment),
  };
}

async function evidenceOf(path: string): Promise<FitRow[]> {
  const folder = new RunFolder(path);
  if (await whatIsAt(folder.evidence) === "nothing") return [];
  const plain = (await readValidation(folder.validation)).length;
  return (await readEvidence(folder.evidence)).map((row, i) => ({ ...row, fits: i < plain }));
}

const shiftedOf = async (path: string) => await readShiftedRows(new RunFolder(path).shifted) ?? [];

/** True for the config of a run, false for that of an ensemble. */
export function isRunConfig(config: TrainedFolder["config"]): config is RunConfig {
  return "recipe" in config;
}
