import { readRecords } from "../data/records.ts";
import { readScores } from "../data/submission.ts";
import { DataError } from "../kernels/errors.ts";
import { evaluate as measure, type Evaluation } from "../models/evaluate.ts";
import { shiftNames } from "../models/shift/names.ts";
import type { ShiftRequest } from "../models/shift/shift_scores.ts";
import { command } from "./command.ts";
import { textSource } from "./data_options.ts";
import { describe, type MetricFiles, metricFiles, number, oneOf, text } from "./options.ts";
import { scoreWith } from "./score_with.ts";
import { describeShift, formatShifts, shiftPurpose, shiftRequest, shiftTargetPurpose } from "./shift_options.ts";
import { alignColumns, type Terminal } from "./terminal.ts";

/** What `evaluate` is asked for. */
export interface EvaluateCall {
  readonly run: string;
  readonly data: string;
  /** CSV file of the true scores; null when they stand in the records. */
  readonly scores: string | null;
  /** Folder of text embeddings; null for the run's encoder. */
  readonly embeddings: string | null;
  /** The run's encoder by another name; null for the name that the run knows. */
  readonly encoder: string | null;
  /** Metrics that the run does not know; null for none. */
  readonly metrics: MetricFiles | null;
  /** How records are allowed for whose scores are spread otherwise than those of training. */
  readonly shift: ShiftRequest;
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
    .requiredOption("--data <file>", "JSON file of records", text("--data"))
    .option("--scores <file>", "CSV file ID,score of the true scores (default: those in the records)", text("--scores"))
    .option("--embeddings <folder>", "embeddings of the texts, where the run was trained on such", text("--embeddings"))
    .option("--encoder <name>", "the run's encoder, where it has moved, or file:<folder>", text("--encoder"))
    .option("--metric-names <file>", "names of further metrics", text("--metric-names"))
    .option("--metric-embeddings <file>", ".npy matrix with a row for each of them", text("--metric-embeddings"))
    .option(
      "--metric-definitions <file>",
      "JSON object {name: text} of further metrics, where the run was trained on such",
      text("--metric-definitions"),
    )
    .option(
      "--shift <name>",
      describe(shiftPurpose, "auto"),
      oneOf("--shift", shiftNames),
    )
    .option("--shift-target <mean>", shiftTargetPurpose, number("--shift-target", [0, 10, false]))
    .option("--json", "print the figures as JSON")
    .action(({ run, data, scores, embeddings, encoder, json, ...options }) =>
      act({
        run,
        data,
        scores: scores ?? null,
        ...textSource({ encoder, embeddings }),
        metrics: metricFiles(options),
        shift: shiftRequest(options),
        json: json ?? false,
      })
    );
}

export async function evaluate(call: EvaluateCall, terminal: Terminal): Promise<void> {
  const onNote = (sentence: string) => terminal.note(sentence);
  const records = await readRecords(call.data, { scores: call.scores === null ? "required" : "ignored", onNote });
  const actual = call.scores === null
    ? Float32Array.from(records, ({ score }) => score!)
    : await readScores(call.scores, { onNote });
  if (actual.length !== records.length) {
    throw new DataError(`${call.scores} has ${actual.length} scores, but ${call.data} has ${records.length} records.`);
  }
  const { predictions, predictions: { score }, trainMean, shifts } = await scoreWith(call, records, terminal);
  const figures = measure(score, actual, { metrics: records.map(({ metric }) => metric), trainMean });
  terminal.note(describeShift(call.shift, predictions));
  if (call.json) {
    terminal.print(JSON.stringify({ ...figures, shift: predictions.shift, heldOutShifts: shifts }, null, 2));
  } else terminal.print([formatEvaluation(figures), ...formatShifts(shifts)].join("\n\n"));
}

function formatEvaluation(figures: Evaluation): string {
  const number = (value: number | null) => value === null ? "-" : value.toFixed(3);
  const [low, high] = figures.rmseInterval;
  const groups = (title: string, rows: Evaluation["byScore"]) =>
    alignColumns([
      [title, "rows", "RMSE"],
      ...rows.map(({ group, rows, rmse }) => [group, String(rows), number(rmse)]),
    ]);
  return [
    alignColumns([
      ["rows", String(figures.rows)],
      ["RMSE", number(figures.rmse)],
      ["  95 % interval", `${number(low)} to ${number(high)}`],
      ["  constant predictor", number(figures.constantRmse)],
      ["MAE", number(figures.mae)],
      ["bias", number(figures.bias)],
      ["Pearson", number(figures.pearson)],
      ["Spearman", number(figures.spearman)],
    ]),
    groups("true score", figures.byScore),
    groups("metric", figures.byMetric),
  ].join("\n\n");
}
