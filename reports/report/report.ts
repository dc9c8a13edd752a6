import { counted, formatCount, formatNumber } from "../numbers.ts";
import type { Fact, Page } from "../page/page.ts";
import { calibrationSection } from "./calibration_section.ts";
import { configSection } from "./config_section.ts";
import { costSection } from "./cost_section.ts";
import { curveSection } from "./curve_section.ts";
import { errorSection, type RunErrors } from "./error_section.ts";
import { finetuneSection } from "./finetune_section.ts";
import { fitSection } from "./fit_section.ts";
import { groupErrors } from "./groups.ts";
import { predictionFigures, predictionSection } from "./prediction_section.ts";
import { recordSection } from "./record_section.ts";
import type { Tuned } from "./read_tuned.ts";
import type { ReportedRun } from "./reported_run.ts";
import { runsSection } from "./runs_section.ts";
import { shiftSection } from "./shift_section.ts";
import { type ShownRun, shownRuns } from "./shown_run.ts";

/** What a report is made of: at least one run or tuned encoder. */
export interface ReportInput {
  readonly runs: readonly ReportedRun[];
  readonly tuned: readonly Tuned[];
  /** What the runs were measured on, as a sentence goes on: "records that they held out of training". */
  readonly source: string;
  /** The command that makes the report again. */
  readonly command: string;
}

/** Describes runs, ensembles, folds and tuned encoders: a page of figures and tables. */
export async function report({ runs: given, tuned, source, command }: ReportInput): Promise<Page> {
  const runs = shownRuns(given), names = [...runs.map(({ name }) => name), ...tuned.map(({ name }) => name)];
  return {
    title: names.length === 1 ? names[0]! : `Report of ${counted(names.length, "run")}`,
    text: names.length === 1 && runs.length === 1
      ? `A scorer of the recipe ${runs[0]!.line.recipe}, measured on ${source}.`
      : `${names.join(", ")}.`,
    facts: runs.length > 0 ? runFacts(runs) : tunedFacts(tuned[0]!),
    sections: [
      ...(runs.length > 0 ? await runSections(runs, source, command) : []),
      ...(tuned.length > 0 ? [finetuneSection(tuned)] : []),
    ],
    footer: `Made with: ${command}`,
  };
}

async function runSections(runs: readonly ShownRun[], source: string, command: string) {
  const of = (kind: Parameters<typeof groupErrors>[1]) => runs.map(({ scored }) => groupErrors(scored, kind));
  const errors: RunErrors = { score: of("score"), metric: of("metric"), language: of("language") };
  return [
    runsSection(runs, source, runs.length === 1 ? predictionFigures(runs) : []),
    errorSection(runs, errors, runs[0]!.scored.records !== null),
    ...(runs.length === 1 ? [] : [predictionSection(runs)]),
    calibrationSection(runs),
    fitSection(runs),
    shiftSection(runs),
    await curveSection(runs),
    configSection(runs),
    costSection(runs, command),
    recordSection(runs, errors),
  ];
}

function runFacts(runs: readonly ShownRun[]): Fact[] {
  const best = runs[0]!, { line, scored: { figures } } = best, interval = line.rmseInterval;
  const of = runs.length > 1 ? ` of ${best.label}` : "";
  return [
    ...(runs.length > 1 ? [{ name: "lowest RMSE", value: best.label, note: `of ${counted(runs.length, "run")}` }] : []),
    {
      name: `RMSE${of}`,
      value: formatNumber(line.rmse),
      note: interval ? `95 % interval ${interval.map(formatNumber).join(" to ")}` : "too few groups for an interval",
    },
    { name: "RMSE of the constant", value: formatNumber(line.constantRmse), note: "the mean train score" },
    ...(line.ridgeRmse === null
      ? []
      : [{ name: "RMSE of ridge", value: formatNumber(line.ridgeRmse), note: "on the same embeddings" }]),
    {
      name: `correlation${of}`,
      value: figures.pearson === null ? "–" : formatNumber(figures.pearson),
      note: figures.spearman === null ? "" : `Spearman ${formatNumber(figures.spearman)}`,
    },
    { name: "rows", value: formatCount(line.rows), note: "" },
    { name: `training${of}`, value: `${formatNumber(line.seconds)} s`, note: "" },
  ];
}

function tunedFacts({ before, after, counts }: Tuned): Fact[] {
  return [
    { name: "alignment", value: formatNumber(after.alignment), note: `${formatNumber(before.alignment)} before` },
    { name: "uniformity", value: formatNumber(after.uniformity), note: `${formatNumber(before.uniformity)} before` },
    { name: "texts", value: formatCount(counts.texts), note: "" },
  ];
}
