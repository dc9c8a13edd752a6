import { type DataPaths, nameData } from "../../data/files/data_paths.ts";
import type { Reading } from "../../data/reading.ts";
import { haveBeenCompared, preferredTo } from "../../data/pairs/preferred.ts";
import { type MetricRecord, readRecordSet } from "../../data/records.ts";
import { fromStandard, type ScoreRange } from "../../data/scores.ts";
import { readScores } from "../../data/submission.ts";
import type { Profile } from "../../engine/profile/profile.ts";
import { DataError } from "../../kernels/errors.ts";
import type { CalibrateName } from "../../scoring/calibration/correction.ts";
import { calibrationRows, holdsHeldOut } from "../../runs/calibration_rows.ts";
import { isotonicFigures } from "../../scoring/calibration/isotonic.ts";
import { evaluate as measure, type Evaluation } from "../../scoring/evaluate.ts";
import {
  scaleErrors,
  scaleIntervals,
  scaleIsotonicFigure,
  scaleScores,
  scaleShiftFigure,
} from "../../scoring/score_scale.ts";
import { pairFigure } from "../../scoring/set_figure.ts";
import { readScoreRange } from "../../runs/score_range.ts";
import type { ShiftRequest } from "../../scoring/shift/shift_scores.ts";
import { command } from "../command.ts";
import { textSource } from "../options/data_options.ts";
import { pairTable } from "../output/pair_table.ts";
import { formatEvaluation } from "../output/evaluation_report.ts";
import { intervalLevel, type MetricFiles, metricFiles, text } from "../options/options.ts";
import { profiled, type ProfiledCall, profileOf, profileOption } from "../profiled.ts";
import { corrected, describeUnseen, expectCorrectable, scoreWith } from "../score_with.ts";
import * as reading from "../options/reading_options.ts";
import { dataForms, oneMorePath, readingOf } from "../options/reading_options.ts";
import * as scoring from "../options/scoring_options.ts";
import { describeShift, formatShifts, shiftRequest } from "../options/shift_options.ts";
import type { Terminal } from "../output/terminal.ts";

/** What `evaluate` is asked for. */
export interface EvaluateCall extends ProfiledCall {
  readonly run: string;
  /** Records: files, folders of such or `-`. */
  readonly data: DataPaths;
  /** How they are read; absent where they are in the fields of a record. */
  readonly reading?: Reading;
  /** CSV file of the true scores; null when they stand in the records. */
  readonly scores: string | null;
  /** Folder of text embeddings; null for the run's encoder. */
  readonly embeddings: string | null;
  /** The run's encoder by another name; null for the name that the run knows. */
  readonly encoder: string | null;
  /** Metrics that the run does not know; null for none. */
  readonly metrics: MetricFiles | null;
  /** How records are allowed for whose scores are distributed otherwise than those of training. */
  readonly shift: ShiftRequest;
  /** How scores are corrected by the run's held-out rows. */
  readonly calibrate: CalibrateName;
  /** File of weights to score by in place of the run's own; null for none. */
  readonly weights?: string | null;
  /** Share of the true scores that intervals should hold; null for none. */
  readonly interval: number | null;
  readonly json: boolean;
}

/** `evaluate`: measures a run on records whose scores are known. */
export function evaluateCommand(act: (call: EvaluateCall) => Promise<void>) {
  return command("evaluate", "Measure a run on records whose scores are known.", [
    ["evaluate --run runs/a --data labelled.json", "Scores that stand in the records"],
    [
      "evaluate --run runs/a --data test.json --scores test_scores.csv --json",
      "Scores in a file of their own, for a script",
    ],
  ])
    .requiredOption("--run <folder>", "folder of a trained run", text("--run"))
    .requiredOption("--data <file>", `records: ${dataForms}`, oneMorePath)
    .addOption(reading.format)
    .addOption(reading.map)
    .addOption(reading.scoreRange)
    .addOption(reading.recover)
    .option("--scores <file>", "CSV file ID,score of the true scores (default: those in the records)", text("--scores"))
    .addOption(scoring.embeddings)
    .addOption(scoring.encoder)
    .addOption(scoring.metricNames)
    .addOption(scoring.metricEmbeddings)
    .addOption(scoring.metricDefinitions)
    .addOption(scoring.shift)
    .addOption(scoring.shiftTarget)
    .addOption(scoring.calibrate)
    .addOption(scoring.weights)
    .option(
      "--interval <share>",
      "measure intervals that should hold such a share of the true scores, as 0.9",
      intervalLevel,
    )
    .option("--json", "print the figures as JSON")
    .addOption(profileOption)
    .action(({ run, data, scores, embeddings, encoder, json, ...options }) =>
      act({
        run,
        data,
        ...readingOf(options),
        scores: scores ?? null,
        ...textSource({ encoder, embeddings }),
        metrics: metricFiles(options),
        shift: shiftRequest(options),
        calibrate: options.calibrate ?? "none",
        weights: options.weights ?? null,
        interval: options.interval ?? null,
        json: json ?? false,
        ...profileOf(options),
      })
    );
}

export async function evaluate(call: EvaluateCall, terminal: Terminal): Promise<void> {
  await profiled(call, terminal, (profile) => evaluateWatched(call, terminal, profile));
}

async function evaluateWatched(call: EvaluateCall, terminal: Terminal, profile?: Profile): Promise<void> {
  await expectCorrectable(call);
  const onNote = (sentence: string) => terminal.note(sentence);
  const { records, actual: standard, range, definitions } = await readLabelled(
    call,
    onNote,
    await readScoreRange(call.run),
  );
  const scored = await scoreWith({ ...call, definitions }, records, terminal, profile),
    { predictions, ridge, trainMean } = scored;
  const { score, intervals } = await corrected(call, scored, onNote);
  terminal.status("measuring errors ...");
  const shifts = scored.shifts.map((figure) => scaleShiftFigure(figure, range));
  const figures = measure(
    {
      score: scaleScores(score, range),
      standardDeviation: predictions.standardDeviation && scaleErrors(predictions.standardDeviation, range),
      intervals: intervals && { ...scaleIntervals(intervals, range), level: call.interval! },
      ridge: ridge && scaleScores(ridge, range),
      trainMean: fromStandard(trainMean, range),
    },
    scaleScores(standard, range),
    records,
  );
  const pairs = haveBeenCompared(records) ? pairFigure(score, ridge, preferredTo(records, [...records.keys()])) : null;
  const isotonic = await holdsHeldOut(call.run)
    ? isotonicFigures(await calibrationRows(call.run, predictions.applied)).map((one) =>
      scaleIsotonicFigure(one, range)
    )
    : [];
  terminal.status("");
  const lacked = describeUnseen(records, scored.unseen);
  if (lacked !== null) terminal.note(lacked);
  terminal.note(describeShift(call.shift, predictions, range));
  if (call.json) {
    const { shift } = predictions;
    const all = {
      ...figures,
      spread: spreadOf(figures),
      isotonic,
      shift,
      heldOutShifts: shifts,
      ...(pairs && { pairs }),
    };
    terminal.print(JSON.stringify(all, null, 2));
    return;
  }
  if (pairs) {
    terminal.print(pairTable("given", pairs));
    return;
  }
  terminal.print([formatEvaluation(figures, isotonic), ...formatShifts(shifts)].join("\n\n"));
  if (isotonic.length > 0 || shifts.length > 0) {
    terminal.note(
      "(validation: records that the run held out of training; mismatched: the same under metrics that they were not " +
        "judged by; mixed: three of the first to two of the second.)",
    );
  }
}

/** Records and their true scores from 0 to 10, which may stand in a file of their own. @throws DataError when there are not as many of both */
export async function readLabelled(
  { data, reading, scores }: Pick<EvaluateCall, "data" | "reading" | "scores">,
  onNote: (sentence: string) => void,
  runRange?: ScoreRange,
): Promise<
  { records: MetricRecord[]; actual: Float32Array; range: ScoreRange; definitions: ReadonlyMap<string, string> }
> {
  const { records, scoreRange: range, definitions, damaged } = await readRecordSet(data, {
    scores: scores === null ? "required" : "ignored",
    numbered: scores !== null,
    reading,
    scoreRange: runRange,
    onNote,
  });
  const actual = scores === null
    ? Float32Array.from(records, ({ score }) => score!)
    : await readScores(scores, { onNote, range });
  if (damaged && actual.length > records.length) {
    onNote(
      `${nameData(data)}: the records ${records.length + 1} to ${actual.length}, which ${scores} has, are missing.`,
    );
    return { records, actual: actual.slice(0, records.length), range, definitions };
  }
  if (actual.length === records.length) return { records, actual, range, definitions };
  throw new DataError(`${scores} has ${actual.length} scores, but ${nameData(data)} has ${records.length} records.`);
}

/** Figures of the standard deviations by the names of earlier versions, which scripts may read. */
function spreadOf({ standardDeviation }: Evaluation): object | null {
  if (!standardDeviation) return null;
  const { byStandardDeviation, ...others } = standardDeviation;
  return {
    ...others,
    bySpread: byStandardDeviation.map(({ standardDeviation: spread, ...part }) => ({ ...part, spread })),
  };
}
