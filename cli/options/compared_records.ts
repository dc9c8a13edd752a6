import type { Command } from "@commander-js/extra-typings";
import type { DataPaths } from "../../data/files/data_paths.ts";
import type { Reading } from "../../data/reading.ts";
import { UsageError } from "../../kernels/errors.ts";
import type { ShiftRequest } from "../../scoring/shift/shift_scores.ts";
import { flagOf, given, type MetricFiles, metricFiles, text } from "./options.ts";
import * as reading from "./reading_options.ts";
import { dataForms, oneMorePath, readingOf } from "./reading_options.ts";
import * as scoring from "./scoring_options.ts";
import { shiftRequest } from "./shift_options.ts";

/** Runs side by side, and the records that all of them are to score. */
export interface ComparedRecords {
  /** Folders of runs. */
  readonly runs: readonly string[];
  /** Records to score with all of them; null for what training left. */
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
}

/** Adds the runs and the options that name the records. @param runs what the help says of the runs */
export function withComparedRecords(command: Command, runs: string) {
  return command
    .argument("<runs...>", runs)
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
    .addOption(scoring.shiftTarget);
}

/** Values of the options of `withComparedRecords`. */
export type ComparedWords = ReturnType<ReturnType<typeof withComparedRecords>["opts"]>;

/** What the words name. @throws UsageError for one that says nothing without --data */
export function comparedRecords(
  runs: readonly string[],
  { data, ...others }: ComparedWords,
): ComparedRecords {
  const metrics = metricFiles(others);
  const [alone] = data === undefined ? Object.keys(given(others)) : [];
  if (alone !== undefined) throw new UsageError(`${flagOf(alone)} needs --data beside it.`);
  return {
    runs: [...new Set(runs.map((run) => run.replace(/(?<=.)\/+$/, "")))],
    data: data ?? null,
    ...readingOf(others),
    scores: others.scores ?? null,
    embeddings: others.embeddings ?? null,
    metrics,
    shift: shiftRequest(others),
  };
}
