import { type DataPaths, nameData } from "../../data/files/data_paths.ts";
import type { Reading } from "../../data/reading.ts";
import { fromStandard } from "../../data/scores.ts";
import { UsageError } from "../../kernels/errors.ts";
import {
  compareScores,
  describeRun,
  meanScores,
  type RunLine,
  type TestLine,
  type TestScores,
} from "../../runs/compare.ts";
import { scaleScores } from "../../scoring/score_scale.ts";
import { readScoreRange } from "../../runs/score_range.ts";
import type { ShiftRequest } from "../../scoring/shift/shift_scores.ts";
import { command } from "../command.ts";
import { readLabelled } from "./evaluate.ts";
import { type MetricFiles, metricFiles, text } from "../options/options.ts";
import { scoreWith } from "../score_with.ts";
import * as reading from "../options/reading_options.ts";
import { dataForms, oneMorePath, readingOf } from "../options/reading_options.ts";
import * as scoring from "../options/scoring_options.ts";
import { shiftRequest } from "../options/shift_options.ts";
import { alignColumns, type Terminal } from "../output/terminal.ts";

/** What `compare` is asked for. */
export interface CompareCall {
  /** Folders of runs, ensembles or folds. */
  readonly runs: readonly string[];
  /** Records to score with all of them; null for the figures that training left. */
  readonly data: DataPaths | null;
  /** How they are read; absent where they are in the fields of a record. */
  readonly reading?: Reading;
  /** CSV file of the true scores; null when they stand in the records. */
  readonly scores: string | null;
  /** Folder of text embeddings, for the runs that were trained on such. */
  readonly embeddings: string | null;
  /** Metrics that the runs do not know; null for none. */
  readonly metrics: MetricFiles | null;
  /** How records are allowed for whose scores are distributed otherwise than those of training. */
  readonly shift: ShiftRequest;
  readonly json: boolean;
}

/** `compare`: one table of several runs. */
export function compareCommand(act: (call: CompareCall) => Promise<void>) {
  return command("compare", "Compare runs, ensembles and folds in one table.", [
    ["compare runs/*", "What each reached on the rows that it held out"],
    ["compare runs/* --data labelled.json", "All on the same records, each against the best"],
  ])
    .argument("<runs...>", "folders of trained runs, ensembles or folds")
    .option("--data <file>", `records to score with all of them: ${dataForms}`, oneMorePath)
    .addOption(reading.format)
    .addOption(reading.map)
    .addOption(reading.scoreRange)
    .addOption(reading.recover)
    .option("--scores <file>", "CSV file ID,score of the true scores (default: those in the records)", text("--scores"))
    .option(
      "--embeddings <folder>",
      "embeddings of the texts, for runs that were trained on such",
      text("--embeddings"),
    )
    .addOption(scoring.metricNames)
    .addOption(scoring.metricEmbeddings)
    .addOption(scoring.metricDefinitions)
    .addOption(scoring.shift)
    .addOption(scoring.shiftTarget)
    .option("--json", "print the figures as JSON")
    .action((runs, { data, scores, embeddings, json, ...options }) => {
      const metrics = metricFiles(options);
      const needing = {
        "--scores": scores,
        "--format": options.format,
        "--map": options.map,
        "--score-range": options.scoreRange,
        "--recover": options.recover,
        "--embeddings": embeddings,
        "--metric-names": metrics?.names,
        "--metric-definitions": metrics?.definitions,
        "--shift": options.shift,
      };
      const alone = Object.entries(needing).find(([, value]) =>
        data === undefined && value !== undefined && value !== null
      );
      if (alone) throw new UsageError(`${alone[0]} needs --data beside it.`);
      return act({
        runs: [...new Set(runs.map((run) => run.replace(/(?<=.)\/+$/, "")))],
        data: data ?? null,
        ...readingOf(options),
        scores: scores ?? null,
        embeddings: embeddings ?? null,
        metrics,
        shift: shiftRequest(options),
        json: json ?? false,
      });
    });
}

/** A run's figures, with those on the records that all have scored. */
type Line = RunLine & { readonly test: TestLine | null };

export async function compare({ runs, data, ...call }: CompareCall, terminal: Terminal): Promise<void> {
  const described = await Promise.all(runs.map(describeRun));
  described.forEach((line, i) => {
    if (!line) terminal.warn(`${runs[i]} is left out: it is not finished; go on with train --resume ${runs[i]}.`);
  });
  const finished = described.filter((line) => line !== null);
  if (finished.length === 0) throw new UsageError("None of the runs is finished; there is nothing to compare.");
  const tests = data === null ? null : await testAll(finished, { data, ...call }, terminal);
  const lines = finished.map((line, i): Line => ({ ...line, test: tests?.[i] ?? null }));
  const figure = ({ rmse, test }: Line) => test?.rmse ?? rmse;
  lines.sort((a, b) => figure(a) - figure(b));
  terminal.print(call.json ? JSON.stringify(lines, null, 2) : formatLines(lines, data));
  if (!call.json && new Set(lines.map(({ constantRmse }) => constantRmse.toFixed(6))).size > 1) {
    terminal.note(
      "\nThe runs held out different rows, as the constant's figures show; --data measures all on the same.",
    );
  }
}

async function testAll(
  lines: readonly RunLine[],
  { data, reading, scores, embeddings, metrics, shift }: Omit<CompareCall, "runs" | "data"> & {
    readonly data: DataPaths;
  },
  terminal: Terminal,
): Promise<TestLine[]> {
  // Runs read the same files, so that what is worth knowing of them is said once.
  const said = new Set<string>();
  const note = (sentence: string) => {
    if (!said.has(sentence)) terminal.note(sentence);
    said.add(sentence);
  };
  const labelled = { data, ...(reading ? { reading } : {}), scores };
  const { records, actual, range, definitions } = await readLabelled(
    labelled,
    note,
    await readScoreRange(lines[0]!.scorers[0]!),
  );
  const all: TestScores[] = [];
  for (const { run: name, scorers, needsEmbeddings } of lines) {
    terminal.status(`Scoring with ${name}`);
    const each: TestScores[] = [];
    for (const run of scorers) {
      const call = {
        run,
        data,
        embeddings: needsEmbeddings ? embeddings : null,
        encoder: null,
        metrics,
        definitions,
        shift,
        ...(reading ? { reading } : {}),
      };
      const { predictions: { score }, ridge, trainMean } = await scoreWith(call, records, { ...terminal, note });
      each.push({ score, ridge, trainMean });
    }
    const { score, ridge, trainMean } = meanScores(each);
    all.push({
      score: scaleScores(score, range),
      ridge: ridge && scaleScores(ridge, range),
      trainMean: fromStandard(trainMean, range),
    });
  }
  terminal.status("");
  return compareScores(all, scaleScores(actual, range));
}

function formatLines(lines: readonly Line[], data: DataPaths | null): string {
  const trained = alignColumns([
    [
      "held out by the run",
      "recipe",
      "seed",
      "rows",
      "RMSE",
      "95 % interval",
      "mismatched",
      "ridge",
      "constant",
      "seconds",
    ],
    ...lines.map((line) => [
      line.run,
      recipeOf(line),
      line.seed === null ? "-" : String(line.seed),
      String(line.rows),
      figure(line.rmse),
      interval(line.rmseInterval),
      figure(line.mismatchedRmse),
      figure(line.ridgeRmse),
      figure(line.constantRmse),
      line.seconds.toFixed(1),
    ]),
  ], 2);
  if (data === null) return trained;
  const tested = alignColumns([
    [nameData(data), "RMSE", "95 % interval", "behind the best", "95 % interval", "ridge", "constant"],
    ...lines.map(({ run, test }) => [
      run,
      figure(test!.rmse),
      interval(test!.rmseInterval),
      figure(test!.behind),
      test!.behind === 0 ? "" : interval(test!.behindInterval),
      figure(test!.ridgeRmse),
      figure(test!.constantRmse),
    ]),
  ]);
  return `${tested}\n\n${trained}`;
}

function recipeOf({ recipe, members, folds }: RunLine): string {
  const what = members === null ? recipe : `${recipe} of ${members}`;
  return folds === null ? what : `${what}, ${folds} folds`;
}

const figure = (value: number | null) => value === null ? "-" : value.toFixed(3);
const interval = ([low, high]: readonly [number, number]) => `${figure(low)} to ${figure(high)}`;
