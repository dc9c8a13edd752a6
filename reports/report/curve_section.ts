import { recipeNamed } from "../../recipes/registry.ts";
import { bestEpoch } from "../../runs/results/history.ts";
import { errorFactor } from "../../data/scores.ts";
import type { EpochFigures } from "../../data/observer.ts";
import { RunFolder } from "../../runs/run_folder.ts";
import { curves } from "../figures/run_charts.ts";
import { counted, formatNumber } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import type { RunHistory } from "./reported_run.ts";
import { drawn, type ShownRun } from "./shown_run.ts";

/** What is drawn of each epoch. */
const quantities = [
  ["validation-rmse", "Validation RMSE", ({ validationRmse }: EpochFigures) => validationRmse],
  ["mismatched-rmse", "RMSE under metrics that do not fit", ({ mismatchedRmse }: EpochFigures) => mismatchedRmse],
  ["train-loss", "Loss over the train rows", ({ trainLoss }: EpochFigures) => trainLoss],
] as const;

/** Epochs of a run, one of its members or folds. */
interface Line {
  readonly run: ShownRun;
  readonly line: string;
  readonly epochs: readonly EpochFigures[];
}

/** How runs learnt, epoch by epoch. */
export async function curveSection(runs: readonly ShownRun[]): Promise<Section> {
  const all = await Promise.all(runs.map(async (run) => {
    const lines = await Promise.all(run.histories.map((history) => lineOf(run, history)));
    return lines.filter((line) => line !== null);
  }));
  const lines = all.flat(), fitted = runs.filter((_, i) => all[i]!.length === 0).map(({ label }) => label);
  const seen = drawn(runs);
  return {
    id: "curves",
    title: "Learning curves",
    text:
      (lines.some(({ run }) => run.histories.length > 1) ? "Folds and members of an ensemble have a line each. " : "") +
      (fitted.length === 0 ? "" : `${fitted.join(", ")}: fitted in closed form, without epochs.`),
    figures: quantities.flatMap(([id, title, of]): Figure[] =>
      figure(id, title, lines.filter(({ run }) => seen.includes(run)), of)
    ),
    tables: [
      table(
        "epochs",
        "Every epoch",
        [
          "run",
          "epoch:count",
          "train loss:number",
          "validation RMSE:number",
          "mismatched RMSE:number",
          "learning rate:number",
          "gradient norm:number",
        ],
        lines.flatMap(({ run: { range }, line, epochs }) =>
          epochs.map((
            { epoch, trainLoss, validationRmse, mismatchedRmse, learningRate, gradientNorm },
          ): Cell[] => [
            line,
            epoch,
            trainLoss,
            errorFactor(range) * validationRmse,
            mismatchedRmse === null ? null : errorFactor(range) * mismatchedRmse,
            learningRate,
            gradientNorm,
          ])
        ),
        { shown: 60 },
      ),
    ].filter(({ rows }) => rows.length > 0),
  };
}

async function lineOf(run: ShownRun, { folder, epochs }: RunHistory): Promise<Line | null> {
  const { config: { recipe, settings } } = await new RunFolder(folder).readConfig();
  if (recipeNamed(recipe).fitted?.(settings) || epochs.length === 0) return null;
  const own = folder.startsWith(run.name) ? folder.slice(run.name.length).replace(/^[\\/]+/, "") : folder;
  return { run, line: own === "" ? run.label : `${run.label}: ${own}`, epochs };
}

function figure(
  id: string,
  title: string,
  lines: readonly Line[],
  of: (figures: EpochFigures) => number | null,
): Figure[] {
  const isError = id.endsWith("rmse");
  const data = lines.flatMap(({ run: { label, range }, line, epochs }) =>
    epochs.flatMap((figures) => {
      const value = of(figures);
      return value === null
        ? []
        : [{ x: figures.epoch, set: label, line, value: (isError ? errorFactor(range) : 1) * value }];
    })
  );
  if (data.length === 0) return [];
  const first = lines[0]!, best = bestEpoch(first.epochs)!;
  const own = data.filter(({ line }) => line === first.line), last = own.at(-1)!;
  const low = own.reduce((a, b) => b.value < a.value ? b : a);
  return [{
    id,
    title,
    reading: id === "validation-rmse"
      ? `${first.line} is lowest in epoch ${low.x} (${
        formatNumber(low.value)
      }); the weights of epoch ${best.epoch} of ${
        counted(first.epochs.length, "epoch")
      } are kept. The dashed line is the constant predictor.`
      : `${first.line} goes from ${formatNumber(own[0]!.value)} to ${formatNumber(last.value)}.`,
    spec: curves(data, [...new Set(lines.map(({ run: { label } }) => label))], {
      x: "epoch",
      y: title,
      level: id === "validation-rmse" ? first.run.line.constantRmse : null,
    }),
    data: table(
      id,
      title,
      ["run", "epoch:count", `${title}:number`],
      data.map(({ line, x, value }) => [line, x, value]),
    ),
  }];
}
