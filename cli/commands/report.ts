import { callOf } from "../../data/files/called_as.ts";
import { nameData } from "../../data/files/data_paths.ts";
import { command } from "../command.ts";
import { type ComparedRecords, comparedRecords, withComparedRecords } from "../options/compared_records.ts";
import { shellWord } from "../../data/files/shell_word.ts";
import { flagOf, given, text } from "../options/options.ts";
import { ownReport, refuseTaken, removeReport } from "../output/report_folder.ts";
import type { Terminal } from "../output/terminal.ts";

/** What `report` is asked for. */
export interface ReportCall extends ComparedRecords {
  /** Folder to write; null for the run's own. */
  readonly out: string | null;
  readonly force: boolean;
  /** The options as they were given, for the foot of the page. */
  readonly words: string;
}

/** `report`: writes a page about runs: figures, errors, the most wrong records. */
export function reportCommand(act: (call: ReportCall) => Promise<void>) {
  return withComparedRecords(
    command("report", "Write a report of runs, ensembles, folds or tuned encoders: one page of HTML.", [
      ["report runs/a", "What a run made of the records that it held out"],
      ["report runs/a runs/b --out report", "Runs side by side, and how their configurations differ"],
      ["report runs/a --data labelled.json --out report", "The same of other records whose scores are known"],
    ]),
    "folders of trained runs, ensembles, folds or tuned encoders",
  )
    .option(
      "--out <folder>",
      "folder to write the report into (default: RUN/report for one run, report for several and with --data)",
      text("--out"),
    )
    .option("--force", "replace the report that is in --out")
    .action((folders, { out, force, ...options }) => {
      const compared = comparedRecords(folders, options);
      const words = wordsOf(compared.runs, options);
      return act({ ...compared, out: out ?? null, force: force ?? false, words });
    });
}

/** The command that makes the same report. */
function wordsOf(runs: readonly string[], options: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(given(options)).flatMap(([name, value]) =>
    (name === "data" ? [value].flat() : [value]).map((one) =>
      one === true ? flagOf(name) : `${flagOf(name)} ${shellWord(wordOf(one))}`
    )
  );
  return [callOf("report"), ...runs.map(shellWord), ...words].join(" ");
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
    command: isOwn ? call.words : `${call.words} --out ${shellWord(out)}`,
  });
  if (force) await removeReport(out);
  const path = await writeReport(out, page);
  for (const { name, value, note } of page.facts) terminal.print(`${name}: ${value}${note === "" ? "" : ` (${note})`}`);
  terminal.note(`\nReport: ${path}`);
}
