import type { EnsembleSummary } from "../models/ensemble/train.ts";
import type { SetFigure } from "../models/set_figure.ts";
import type { FoldsSummary } from "../models/train_folds.ts";
import type { TrainSummary } from "../models/train_run.ts";
import { Interruption } from "./interruption.ts";
import { formatShifts } from "./shift_options.ts";
import { counted } from "../models/counted.ts";
import { alignColumns, type Terminal } from "./terminal.ts";

/** Says what a run came to. @throws Interruption when it was stopped */
export function reportRun({ folder, finished, epochs, best, figures, shifts }: TrainSummary, terminal: Terminal): void {
  if (!finished) throw stopped(counted(epochs, "epoch"), folder);
  const onSample = figures.some(({ set }) => set === "sample test");
  terminal.note(
    `\nTrained for ${counted(epochs, "epoch")}; the weights of epoch ${best?.epoch} are kept in ${folder}.\n`,
  );
  terminal.print(setTable(figures));
  for (const block of formatShifts(shifts)) terminal.print(`\n${block}`);
  const plain = figures.find(({ set }) => set === "validation");
  if (plain && plain.rmse > plain.constant) {
    terminal.note(
      "\nOn plain validation rows the constant predictor is ahead: sample weights and negatives give up accuracy there\n" +
        "for rows whose metric does not fit. --weights none --negatives 0 turns both off.",
    );
  }
  terminal.note("\nNext:");
  terminal.note(
    onSample
      ? `  deno task predict --run ${folder} --data ${folder}/sample/test.json --out submission.csv`
      : `  deno task predict --run ${folder} --data test.json --out submission.csv`,
  );
}

/** Says what an ensemble came to. @throws Interruption when it was stopped */
export function reportEnsemble(
  { folder, finished, done, members, figures, ways, shifts }: EnsembleSummary,
  terminal: Terminal,
): void {
  if (!finished) throw stopped(counted(done, "member"), folder);
  const figure = (value: number) => value.toFixed(3);
  terminal.print(alignColumns([
    ["member", "RMSE", "weight"],
    ...members.map(({ member, rmse, weight }) => [member, figure(rmse), figure(weight)]),
  ]));
  terminal.print("");
  terminal.print(setTable(figures));
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
  terminal.note("\nThe ensemble scores each row by weights that were fitted without it. Next:");
  terminal.note(`  deno task predict --run ${folder} --data test.json --out submission.csv`);
  terminal.note(`  deno task train --resume ${folder} --member "RECIPE SETTING=VALUE"`);
}

/** Says what the runs of all folds came to. @throws Interruption when they were stopped */
export function reportFolds({ folder, done, folds, pooled, beside }: FoldsSummary, terminal: Terminal): void {
  if (!pooled) throw stopped(counted(done, "fold"), folder);
  const figure = (value: number) => value.toFixed(3);
  const [low, high] = pooled.rmseInterval;
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
    ["RMSE, 95 % interval", `${figure(low)} to ${figure(high)}`],
    ["MAE", figure(pooled.mae)],
    ["bias", figure(pooled.bias)],
    ["Pearson", figure(pooled.pearson)],
    ["Spearman", figure(pooled.spearman)],
  ]));
  if (beside.length > 0) {
    terminal.print("");
    terminal.print(alignColumns([
      ["member, or combined by", "RMSE", "95 % interval"],
      ...beside.map(({ name, rmse, rmseInterval: [low, high] }) => [
        name,
        figure(rmse),
        `${figure(low)} to ${figure(high)}`,
      ]),
    ]));
  }
  terminal.note(`\nEach record's score by a model that has not seen it: ${folder}/out-of-fold.csv`);
}

function setTable(figures: readonly SetFigure[]): string {
  const figure = (value: number | null) => value === null ? "-" : value.toFixed(3);
  return alignColumns([
    ["set", "rows", "RMSE", "ridge", "constant", "MAE", "ridge MAE", "constant MAE"],
    ...figures.map((own) => [
      own.set,
      String(own.rows),
      ...[own.rmse, own.ridge, own.constant, own.mae, own.ridgeMae, own.constantMae].map(figure),
    ]),
  ]);
}

function stopped(done: string, folder: string): Interruption {
  return new Interruption(
    `Stopped after ${done}; everything is saved. Go on with: deno task train --resume ${folder}`,
  );
}
