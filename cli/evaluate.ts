import { command } from "./command.ts";
import { type MetricFiles, metricFiles, text } from "./options.ts";

/** What `evaluate` is asked for. */
export interface EvaluateCall {
  readonly run: string;
  readonly data: string;
  /** CSV file of the true scores; null when they stand in the records. */
  readonly scores: string | null;
  /** Folder of text embeddings; null for the run's encoder. */
  readonly embeddings: string | null;
  /** Metrics that the run does not know; null for none. */
  readonly metrics: MetricFiles | null;
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
    .option("--metric-names <file>", "names of further metrics", text("--metric-names"))
    .option("--metric-embeddings <file>", ".npy matrix with a row for each of them", text("--metric-embeddings"))
    .option("--json", "print the figures as JSON")
    .action(({ run, data, scores, embeddings, json, ...options }) =>
      act({
        run,
        data,
        scores: scores ?? null,
        embeddings: embeddings ?? null,
        metrics: metricFiles(options),
        json: json ?? false,
      })
    );
}
