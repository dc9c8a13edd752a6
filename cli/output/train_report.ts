import { callOf } from "../../data/files/called_as.ts";
import type { EpochFigures } from "../../data/observer.ts";
import { shellWord } from "../../data/files/shell_word.ts";
import { mismatchedScore } from "../../data/pairs/negatives.ts";
import { errorFactor, fromStandard, type ScoreRange, scoreRange } from "../../data/scores.ts";
import { swapStage } from "../../runs/prepare/augment.ts";
import { type EnsembleConfig, memberConfigs } from "../../runs/ensemble/config.ts";
import type { EnsembleSummary } from "../../runs/ensemble/train.ts";
import type { RunConfig } from "../../runs/run_folder.ts";
import { scaleChoice, scaleSetFigure, scaleShiftFigure } from "../../scoring/score_scale.ts";
import { readScoreRange } from "../../runs/score_range.ts";
import type { SetFigure } from "../../scoring/set_figure.ts";
import type { Settings } from "../../recipes/settings/shared.ts";
import type { FoldsSummary } from "../../runs/folds/train_folds.ts";
import type { TrainSummary } from "../../runs/train_summary.ts";
import { type Choice, describeChoice } from "../../recipes/choice.ts";
import { describeDirectionWeights } from "../../recipes/direction_weights.ts";
import { baselineAdvice, type BesideBaselines, type Trades, tradesOf } from "./baseline_advice.ts";
import { Interruption } from "../interruption.ts";
import { formatShifts } from "../options/shift_options.ts";
import { counted } from "../../data/texts/counted.ts";
import { nextCommand } from "./next_command.ts";
import { type Target, unseenShare } from "../options/target.ts";
import { pairTable } from "./pair_table.ts";
import { alignColumns, type Terminal } from "./terminal.ts";

/** Says what a run came to. @param report where its report is; null for none @throws Interruption when it was stopped */
export async function reportRun(
  summary: TrainSummary,
  terminal: Terminal,
  { target = null, report = null }: { readonly target?: Target | null; readonly report?: string | null } = {},
): Promise<void> {
  const { folder, config, config: { settings }, counts, fitted, finished, epochs, best } = summary;
  const { about, picture } = summary, range = await readScoreRange(folder);
  const figures = summary.figures.map((figure) => scaleSetFigure(figure, range));
  const shifts = summary.shifts.map((figure) => scaleShiftFigure(figure, range));
  const choice = summary.choice && scaleChoice(summary.choice, range);
  if (!finished) throw stopped(fitted ? "" : counted(epochs, "epoch"), folder);
  terminal.note(
    fitted
      ? `\nThe model is in ${folder}.\n`
      : `\nTrained for ${counted(epochs, "epoch")}; the weights of epoch ${best?.epoch} are kept in ${folder}.\n`,
  );
  terminal.note(`${about}\n`);
  if (choice) reportChoice(choice, target && await unseenShare(target, folder), terminal);
  if (summary.directions) {
    terminal.note(`${describeDirectionWeights(summary.directions)} directions.json has them by metric.\n`);
  }
  const validation = figures.find(({ set }) => set === "validation");
  if (validation?.pairs) {
    terminal.print(pairTable("validation", validation.pairs));
    terminal.note(`\nPicture: ${picture}`);
    terminal.note(`Next:\n  ${await nextCommand(folder, config, target?.path)}`);
    return;
  }
  terminal.print(setTable(figures));
  terminal.note(describeSets(figures, range));
  if (best?.byScore) terminal.print(`\n${scoreTable(best, range)}`);
  if (settings.augmentation.metricSwap.share > 0 || !choice) {
    for (const block of formatShifts(shifts)) terminal.print(`\n${block}`);
  }
  // The metrics may have left nothing to swap in.
  const negatives = counts.added.some(([stage, rows]) => stage === swapStage && rows > 0);
  advise(validation, { ...tradesOf([settings]), negatives }, terminal);
  terminal.note(`\nPicture: ${picture}`);
  if (report !== null) terminal.note(`Report: ${report}`);
  terminal.note(`Next:\n  ${await nextCommand(folder, config, target?.path)}`);
}

/** The validation rows of the best epoch by their true score. */
function scoreTable({ byScore = [], accuracy = NaN }: EpochFigures, range: ScoreRange): string {
  const factor = errorFactor(range);
  return [
    alignColumns([
      ["validation, true score", ...byScore.map(({ score }) => String(Number(fromStandard(score, range).toFixed(2))))],
      ["rows", ...byScore.map(({ rows }) => String(rows))],
      ["RMSE", ...byScore.map(({ rmse }) => (factor * rmse).toFixed(2))],
    ]),
    `(${
      (100 * accuracy).toFixed(1)
    } % of them have the right score once it is rounded to a whole number from 0 to 10.)`,
  ].join("\n");
}

/** Says what was chosen for records under metrics of training and for others, and why. */
function reportChoice(choice: Choice, unseenShare: number | null, terminal: Terminal): void {
  const { candidates, regimes: { seen, unseen, script } } = choice;
  const figure = (value: number | null | undefined) => value?.toFixed(3) ?? "-";
  const mixed = (i: number) => {
    const parts = [[1 - unseenShare!, seen.rmse[i]], [unseenShare!, unseen.rmse[i]]] as const;
    const known = parts.filter(([share]) => share > 0);
    if (known.some(([, rmse]) => rmse === null)) return "-";
    return figure(Math.sqrt(known.reduce((sum, [share, rmse]) => sum + share * rmse! ** 2, 0)));
  };
  const like = (cell: () => string) => unseenShare === null ? [] : [cell()];
  terminal.print(alignColumns([
    ["RMSE out of fold, for metrics that training", "has", "lacks", ...like(() => "as --target")],
    ...candidates.map((name, i) => [name, figure(seen.rmse[i]), figure(unseen.rmse[i]), ...like(() => mixed(i))]),
    ["rows judged", String(seen.rows), String(unseen.rows)],
  ]));
  if (unseenShare !== null) {
    terminal.note(`${(100 * unseenShare).toFixed(0)} % of --target are under metrics that training lacks.`);
  }
  terminal.note(`Metrics that training has: ${describeChoice(choice, "seen")}`);
  terminal.note(`Metrics that it lacks: ${describeChoice(choice, "unseen")}`);
  if (script.rows > 0) terminal.note(`Scripts that it lacks: ${describeChoice(choice, "script")}`);
  terminal.note("");
}

/** Says what an ensemble came to. @throws Interruption when it was stopped */
export function reportEnsemble(
  { folder, config, finished, done, members, ways, ...summary }: EnsembleSummary,
  terminal: Terminal,
  range: ScoreRange = scoreRange,
  report: string | null = null,
): void {
  if (!finished) throw stopped(counted(done, "member"), folder);
  const figures = summary.figures.map((figure) => scaleSetFigure(figure, range));
  const shifts = summary.shifts.map((figure) => scaleShiftFigure(figure, range));
  const figure = (value: number) => (errorFactor(range) * value).toFixed(3);
  terminal.print(alignColumns([
    ["member", "RMSE", "weight"],
    ...members.map(({ member, rmse, weight }) => [member, figure(rmse), weight.toFixed(3)]),
  ]));
  terminal.print("");
  terminal.print(setTable(figures));
  terminal.note(describeSets(figures, range));
  terminal.print("");
  terminal.print(alignColumns([
    ["combined by", "validation", "mismatched"],
    ...ways.map(({ combine, validation, mismatched }) => [
      combine,
      figure(validation),
      mismatched === null ? "-" : figure(mismatched),
    ]),
  ]));
  for (const block of formatShifts(shifts)) terminal.print(`\n${block}`);
  advise(figures.find(({ set }) => set === "validation"), tradesOf(settingsOf(config)), terminal);
  if (report !== null) terminal.note(`\nReport: ${report}`);
  terminal.note("\nThe ensemble scores each row by weights that were fitted without it. Next:");
  terminal.note(`  ${callOf(`predict --run ${shellWord(folder)} --data test.json`)}`);
  terminal.note(`  ${callOf(`train --resume ${shellWord(folder)} --member "RECIPE SETTING=VALUE"`)}`);
}

/** Says what the runs of all folds came to. @throws Interruption when they were stopped */
export function reportFolds(
  { folder, config, done, folds, pooled, beside }: FoldsSummary,
  terminal: Terminal,
  range: ScoreRange = scoreRange,
  report: string | null = null,
): void {
  if (!pooled) throw stopped(counted(done, "fold"), folder);
  const factor = errorFactor(range), figure = (value: number) => (factor * value).toFixed(3);
  const between = (interval: readonly [low: number, high: number] | null) => interval?.map(figure).join(" to ") ?? "-";
  terminal.print(alignColumns([
    ["fold", "rows", "RMSE", "ridge", "constant"],
    ...[...folds, { fold: "pooled", ...pooled }].map(({ fold, rows, rmse, ridge, constant }) => [
      String(fold),
      String(rows),
      figure(rmse),
      ridge === null ? "-" : figure(ridge),
      figure(constant),
    ]),
  ]));
  terminal.print("");
  terminal.print(alignColumns([
    ["RMSE, 95 % interval", between(pooled.rmseInterval)],
    ["MAE", figure(pooled.mae)],
    ["bias", figure(pooled.bias)],
    ["Pearson", pooled.pearson.toFixed(3)],
    ["Spearman", pooled.spearman.toFixed(3)],
  ]));
  if (beside.length > 0) {
    terminal.print("");
    terminal.print(alignColumns([
      ["member, or combined by", "RMSE", "95 % interval"],
      ...beside.map(({ name, rmse, rmseInterval }) => [name, figure(rmse), between(rmseInterval)]),
    ]));
  }
  const { rmse, constant, ridge } = pooled;
  const errors = { rmse: factor * rmse, constant: factor * constant, ridge: ridge === null ? null : factor * ridge };
  advise(errors, tradesOf(settingsOf(config)), terminal);
  if (report !== null) terminal.note(`\nReport: ${report}`);
  terminal.note(`\nEach record's score by a model that has not seen it: ${folder}/out-of-fold.csv`);
}

/** Errors of the run and of two simple predictors; MAE and more are in the run's README. */
function setTable(figures: readonly SetFigure[]): string {
  const figure = (value: number | null) => value === null ? "-" : value.toFixed(3);
  return alignColumns([
    ["set", "rows", "RMSE", "95 % interval", "ridge", "metric", "constant"],
    ...figures.map(({ set, rows, rmse, rmseInterval, ridge, metricMean, constant }) => [
      set,
      String(rows),
      figure(rmse),
      rmseInterval ? rmseInterval.map(figure).join(" to ") : "-",
      figure(ridge),
      figure(metricMean ?? null),
      figure(constant),
    ]),
  ]);
}

/** What the rows of the table are. */
const setMeanings = (range: ScoreRange): Readonly<Record<string, string>> => ({
  validation: "validation: records held out of training",
  "mismatched validation":
    "mismatched validation: the same under metrics drawn at random that they were not judged by, " +
    `each with ${Number(fromStandard(mismatchedScore, range).toFixed(3))} for its score`,
  "near misses": "near misses: the same under the metrics that are nearest to theirs",
  "sample test": "sample test: the sample's test set, in which many metrics do not fit",
});

/** Says in a line what the sets of a table are. */
export function describeSets(figures: readonly SetFigure[], range: ScoreRange = scoreRange): string {
  const sets = figures.flatMap(({ set }) => setMeanings(range)[set] ?? []);
  return `(${[...sets, "metric: the mean score of each metric's train rows"].join("; ")}.)`;
}

function advise(
  figure: BesideBaselines | undefined,
  trades: Trades,
  terminal: Terminal,
): void {
  const advice = figure && baselineAdvice(figure, trades);
  if (advice) terminal.note(`\n${advice}`);
}

/** Settings of a run, or of each member of an ensemble. */
function settingsOf(config: RunConfig | EnsembleConfig): Settings[] {
  return "members" in config ? memberConfigs(config).map(({ settings }) => settings) : [config.settings];
}

function stopped(done: string, folder: string): Interruption {
  return new Interruption(
    `Stopped${done === "" ? "" : ` after ${done}`}; everything is saved. Go on with:\n` +
      `  ${callOf(`train --resume ${shellWord(folder)}`)}`,
  );
}
