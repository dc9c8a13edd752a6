import { type DataPaths, nameData } from "../../data/files/data_paths.ts";
import type { Reading } from "../../data/reading.ts";
import { UsageError } from "../../kernels/errors.ts";
import type { ShiftRequest } from "../../scoring/shift/shift_scores.ts";
import { command } from "../command.ts";
import { flagOf, given, type MetricFiles, metricFiles, quoted, text } from "../options/options.ts";
import * as reading from "../options/reading_options.ts";
import { dataForms, oneMorePath, readingOf } from "../options/reading_options.ts";
import * as scoring from "../options/scoring_options.ts";
import { shiftRequest } from "../options/shift_options.ts";
import { ownReport, refuseTaken, removeReport } from "../output/report_folder.ts";
import type { Terminal } from "../output/terminal.ts";

/** What `report` is asked for. */
export interface ReportCall {
  /** Folders of runs, ensembles, folds or tuned encoders. */
  readonly runs: readonly string[];
  /** Records to score with all of them; null for those that each held out. */
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
  /** Folder to write; null for the run's own. */
  readonly out: string | null;
  readonly force: boolean;
  /** The options as they were given, for the foot of the page. */
  readonly words: string;
}

/** `report`: writes a page about runs: figures, errors, the most wrong records. */
export function reportCommand(act: (call: ReportCall) => Promise<void>) {
  return command("report", "Write a report of runs, ensembles, folds or tuned encoders: one page of HTML.", [
    ["report runs/a", "What a run made of the records that it held out"],
    ["report runs/a runs/b --out report", "Runs side by side, and how their configurations differ"],
    ["report runs/a --data labelled.json --out report", "The same of other records whose scores are known"],
  ])
    .argument("<runs...>", "folders of trained runs, ensembles, folds or tuned encoders")
    .option("--data <file>", `records to score with all of them: ${dataForms}`, oneMorePath)
    .addOption(reading.format)
    .addOption(reading.map)
    .addOption(reading.scoreRange)
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
    .option(
      "--out <folder>",
      "folder to write the report into (default: RUN/report for one run, report for several and with --data)",
      text("--out"),
    )
    .option("--force", "replace the report that is in --out")
    .action((runs, { data, scores, embeddings, out, force, ...options }) => {
      const metrics = metricFiles(options);
      const { metricNames, metricEmbeddings, metricDefinitions, shift, shiftTarget, ...read } = options;
      const others = {
        scores,
        ...read,
        embeddings,
        metricNames,
        metricEmbeddings,
        metricDefinitions,
        shift,
        shiftTarget,
      };
      const [alone] = data === undefined ? Object.keys(given(others)) : [];
      if (alone !== undefined) throw new UsageError(`${flagOf(alone)} needs --data beside it.`);
      const names = [...new Set(runs.map((run) => run.replace(/(?<=.)\/+$/, "")))];
      return act({
        runs: names,
        data: data ?? null,
        ...readingOf(options),
        scores: scores ?? null,
        embeddings: embeddings ?? null,
        metrics,
        shift: shiftRequest(options),
        out: out ?? null,
        force: force ?? false,
        words: wordsOf(names, { data, ...others }),
      });
    });
}

/** The command that makes the same report. */
function wordsOf(runs: readonly string[], options: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(given(options)).flatMap(([name, value]) =>
    (name === "data" ? [value].flat() : [value]).map((one) => `${flagOf(name)} ${quoted(wordOf(one))}`)
  );
  return ["deno task report", ...runs.map(quoted), ...words].join(" ");
}

/** A value as its option takes it: a map of fields, a range, or a text. */
function wordOf(value: unknown): string {
  if (Array.isArray(value)) return value.join("..");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value).map((pair) => pair.join("=")).join();
}

export async function report(call: ReportCall, terminal: Terminal): Promise<void> {
  const isOwn = call.out === null && call.data === null && call.runs.length === 1;
  const out = call.out ?? (isOwn ? ownReport(call.runs[0]!) : "report");
  const force = call.force || isOwn;
  await refuseTaken(out, force);
  const { readFolders } = await import("../../reports/report/read_folders.ts");
  const { runs, tuned } = await readFolders(call.runs, { onNote: terminal.note, onWarning: terminal.warn });
  const { data } = call;
  const measured = data === null
    ? runs
    : await (await import("../report_data.ts")).scoreData(runs, { ...call, data }, terminal);
  const [{ report }, { writeReport }, { heldOutSource }] = await Promise.all([
    import("../../reports/report/report.ts"),
    import("../../reports/write_report.ts"),
    import("../../reports/report/run_report.ts"),
  ]);
  const page = await report({
    runs: measured,
    tuned,
    source: data === null ? heldOutSource : `the records of ${nameData(data)}`,
    command: isOwn ? call.words : `${call.words} --out ${quoted(out)}`,
  });
  if (force) await removeReport(out);
  const path = await writeReport(out, page);
  for (const { name, value, note } of page.facts) terminal.print(`${name}: ${value}${note === "" ? "" : ` (${note})`}`);
  terminal.note(`\nReport: ${path}`);
}
