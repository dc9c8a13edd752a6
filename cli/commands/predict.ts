import { Option } from "@commander-js/extra-typings";
import { type DataPaths, nameData } from "../../data/files/data_paths.ts";
import { join } from "node:path";
import type { Reading } from "../../data/reading.ts";
import { readRecordSet } from "../../data/records.ts";
import { writeSubmission } from "../../data/submission.ts";
import type { ScoreRange } from "../../data/scores.ts";
import type { Profile } from "../../engine/profile/profile.ts";
import { UsageError } from "../../kernels/errors.ts";
import { moments } from "../../reports/explore/statistics.ts";
import { saveEmbeddings, saveFeatures } from "../../scoring/model_scorer.ts";
import type { CalibrateName } from "../../scoring/calibration/correction.ts";
import { scaleErrors, scaleIntervals, scaleScores } from "../../scoring/score_scale.ts";
import { readFixesTexts, readScoreRange } from "../../runs/score_range.ts";
import type { ShiftRequest } from "../../scoring/shift/shift_scores.ts";
import { command } from "../command.ts";
import { textSource } from "../options/data_options.ts";
import { intervalLevel, type MetricFiles, metricFiles, text } from "../options/options.ts";
import { holdsSubmission, refuseExisting } from "../output/out.ts";
import { profiled, type ProfiledCall, profileOf, profileOption } from "../profiled.ts";
import { corrected, describeUnseen, scoreWith } from "../score_with.ts";
import * as reading from "../options/reading_options.ts";
import { dataForms, oneMorePath, readingOf } from "../options/reading_options.ts";
import * as scoring from "../options/scoring_options.ts";
import { describeShift, shiftRequest } from "../options/shift_options.ts";
import { columnNames, submissionColumns, unseenColumn } from "../options/submission_columns.ts";
import { counted } from "../../data/texts/counted.ts";
import { alignColumns, type Terminal } from "../output/terminal.ts";

/** What `predict` is asked for. */
export interface PredictCall extends ProfiledCall {
  readonly run: string;
  /** Records: files, folders of such or `-`. */
  readonly data: DataPaths;
  /** How they are read; absent where they are in the fields of a record. */
  readonly reading?: Reading;
  /** The CSV file to write; null for `submission.csv` in the folder of the run. */
  readonly out: string | null;
  readonly force: boolean;
  /** Rounds scores to integers. */
  readonly round: boolean;
  /** Name of a column with the standard deviation that the model gives each score; null for no such column. */
  readonly standardDeviation: "standard_deviation" | "spread" | null;
  /** Columns after the score, by name: fields of the records, and `unseen_metric`. */
  readonly columns: readonly string[];
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
  /** Share of the true scores that the columns low and high should hold; null for no such columns. */
  readonly interval: number | null;
  /** Folder to save the model's inputs in; null for none. */
  readonly saveFeatures: string | null;
  /** Folder to save the embeddings that the model makes of the records; null for none. */
  readonly saveEmbeddings?: string | null;
}

/** `predict`: scores records with a run. */
export function predictCommand(act: (call: PredictCall) => Promise<void>) {
  return command("predict", "Score records with a trained run.", [
    ["predict --run runs/a --data test.json --out submission.csv", "Scores as CSV, ID,score"],
    [
      `predict --run runs/a --data test.json --columns id,metric_name,${unseenColumn}`,
      "With the records' own id, their metric, and a mark where training lacked it",
    ],
    ["predict --run runs/a --data test.json --interval 0.9", "With bounds that hold nine true scores in ten"],
    [
      "predict --run runs/a --data new.json --metric-names new_names.json --metric-embeddings new.npy",
      "Score metrics that training has not seen",
    ],
  ])
    .requiredOption("--run <folder>", "folder of a trained run", text("--run"))
    .requiredOption("--data <file>", `records; scores in them are passed over: ${dataForms}`, oneMorePath)
    .addOption(reading.format)
    .addOption(reading.map)
    .addOption(reading.scoreRange)
    .addOption(reading.recover)
    .option("--out <file>", "CSV file to write (default: submission.csv in the folder of the run)", text("--out"))
    .option(
      "--force",
      "replace whatever is at --out, --save-features or --save-embeddings; an earlier submission is replaced anyway",
    )
    .option("--round", "round scores to integers")
    .option(
      "--standard-deviation",
      "add a column standard_deviation of each score, as the model gives it (--spread, its former name, calls it spread)",
    )
    .addOption(new Option("--spread").hideHelp())
    .option(
      "--columns <names>",
      `add columns: fields of the records, and ${unseenColumn}, which is 1 where training lacked the metric`,
      columnNames,
    )
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
      "add columns low and high that hold such a share of the true scores, as 0.9",
      intervalLevel,
    )
    .option(
      "--save-features <folder>",
      "save the model's inputs as .npy, to repeat the scores elsewhere",
      text("--save-features"),
    )
    .option(
      "--save-embeddings <folder>",
      "save what the model makes of each record before it scores it as .npy, for --embeddings of another run",
      text("--save-embeddings"),
    )
    .addOption(profileOption)
    .action((
      {
        run,
        data,
        out,
        force,
        round,
        standardDeviation,
        spread,
        columns,
        embeddings,
        encoder,
        saveFeatures,
        saveEmbeddings,
        ...options
      },
    ) =>
      act({
        run,
        data,
        ...readingOf(options),
        out: out ?? null,
        force: force ?? false,
        round: round ?? false,
        standardDeviation: standardDeviation ? "standard_deviation" : spread ? "spread" : null,
        columns: columns ?? [],
        ...textSource({ encoder, embeddings }),
        metrics: metricFiles(options),
        shift: shiftRequest(options),
        calibrate: options.calibrate ?? "none",
        weights: options.weights ?? null,
        interval: options.interval ?? null,
        saveFeatures: saveFeatures ?? null,
        saveEmbeddings: saveEmbeddings ?? null,
        ...profileOf(options),
      })
    );
}

export async function predict(call: PredictCall, terminal: Terminal): Promise<void> {
  await profiled(call, terminal, (profile) => predictWatched(call, terminal, profile));
}

async function predictWatched(call: PredictCall, terminal: Terminal, profile?: Profile): Promise<void> {
  const out = call.out ?? join(call.run, "submission.csv");
  const replaced = await holdsSubmission(out, call.force);
  if (call.saveFeatures !== null) await refuseExisting(call.saveFeatures, "--save-features", call.force);
  const embeddings = call.saveEmbeddings ?? null;
  if (embeddings !== null) await refuseExisting(embeddings, "--save-embeddings", call.force);
  const onNote = (sentence: string) => terminal.note(sentence);
  const { records, definitions, damaged } = await readRecordSet(call.data, {
    ...{ scores: "ignored", numbered: true, reading: call.reading, onNote },
    fixTexts: await readFixesTexts(call.run),
  });
  // Names that no record has are refused before anything takes long.
  submissionColumns(call.columns, records, []);
  const scored = await scoreWith({ ...call, definitions, embed: embeddings !== null }, records, terminal, profile),
    { predictions, predictions: { standardDeviation }, features, embedding, unseen } = scored;
  const { score: standard, intervals: bounds } = await corrected(call, scored, onNote);
  const range = call.reading?.scoreRange ?? await readScoreRange(call.run);
  const score = scaleScores(standard, range), intervals = bounds && scaleIntervals(bounds, range);
  if (call.standardDeviation && !standardDeviation) {
    throw new UsageError(
      `${call.run} says nothing of how sure it is; leave --${call.standardDeviation.replace("_", "-")} out.`,
    );
  }
  if (call.saveFeatures !== null) {
    if (!features) throw new UsageError(`${call.run} is an ensemble; --save-features needs one of its members.`);
    await saveFeatures(call.saveFeatures, features);
  }
  if (embeddings !== null) await saveEmbeddings(embeddings, embedding!);
  await writeSubmission(out, score, {
    round: call.round,
    columns: [
      ...(call.standardDeviation && standardDeviation
        ? [{ name: call.standardDeviation, values: scaleErrors(standardDeviation, range) }]
        : []),
      ...(intervals ? [{ name: "low", values: intervals.low }, { name: "high", values: intervals.high }] : []),
      ...submissionColumns(call.columns, records, unseen),
    ],
  });
  const instead = replaced ? ", in place of an earlier submission" : "";
  terminal.note(`${counted(records.length, "score")} written to ${out}${instead}.\n`);
  if (damaged) {
    terminal.warn(
      `${nameData(call.data)} is damaged: the IDs 1 to ${records.length} are its first records, and all from ` +
        `${records.length + 1} on are missing.`,
    );
  }
  const lacked = describeUnseen(records, unseen);
  if (lacked !== null) terminal.note(lacked);
  terminal.note(describeShift(call.shift, predictions, range));
  terminal.note(describeScores(score, range));
}

/** Most counts that stand in a line. */
const mostCounts = 21;

/** Mean, median, deviation, skewness, quartiles and counts of scores. */
function describeScores(scores: Float32Array, [low, high]: ScoreRange): string {
  const sorted = scores.toSorted(), { mean, median, deviation, skewness } = moments(Float64Array.from(scores))!;
  const at = (share: number) => sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)]!.toFixed(2);
  const steps = Number.isInteger(low) && high - low < mostCounts ? Math.floor(high - low) + 1 : 0;
  const values = Array.from({ length: steps }, (_, step) => low + step);
  const counts = values.map((value) => sorted.filter((score) => Math.round(score) === value).length);
  return [
    `mean ${mean.toFixed(2)}, median ${median.toFixed(2)}, sd ${deviation.toFixed(2)}, skewness ${skewness.toFixed(2)}`,
    `lowest ${at(0)}, quartiles ${at(0.25)} ${at(0.5)} ${at(0.75)}, highest ${at(1)}`,
    ...(steps > 0 ? [alignColumns([["score", ...values.map(String)], ["rows", ...counts.map(String)]])] : []),
  ].join("\n");
}
