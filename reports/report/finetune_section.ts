import { qualityRows } from "../../runs/finetune/model_card.ts";
import { finetuneTable } from "../../runs/finetune/settings.ts";
import type { CurvePoint } from "../../runs/tensorboard/event_file.ts";
import { changedSettings, leaves } from "../../recipes/settings/table.ts";
import { callOf } from "../../data/files/called_as.ts";
import { shellWord } from "../../data/files/shell_word.ts";
import { dataWords } from "../../data/reading.ts";
import { curves } from "../figures/run_charts.ts";
import { counted, formatNumber } from "../numbers.ts";
import type { Figure, Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import { labels } from "../visible_text.ts";
import type { Tuned } from "./read_tuned.ts";
import { drawn } from "./shown_run.ts";

/** Fine-tuned encoders: what their training came to. */
export function finetuneSection(tuned: readonly Tuned[]): Section {
  const names = labels(tuned.map(({ name }) => name), 30);
  const bySteps = stepFigures(tuned, names);
  // A single epoch is no curve.
  const byEpochs = bySteps.length === 0 || tuned.some(({ losses }) => losses.length > 1);
  const { counts } = tuned[0]!;
  const settings = tuned.map(({ config }) =>
    new Map(leaves(config.settings).map(([path, value]) => [path, String(value)]))
  );
  return {
    id: "finetuning",
    title: tuned.length === 1 ? "Fine-tuning" : "Fine-tunings",
    text:
      `${names[0]}: ${counted(counts.texts, "text")} of ${counted(counts.records, "record")}, ${
        counted(counts.trainedNumbers, "number")
      } trained. Alignment is the mean squared distance of what belongs together, uniformity says how evenly rows are ` +
      "spread; of both, less is better.",
    figures: [...bySteps, ...(byEpochs ? [epochFigure(tuned, names)] : [])],
    tables: [
      table(
        "finetune-quality",
        "The encoder before and after",
        ["encoder", "figure", "before:number", "after:number"],
        tuned.flatMap(({ before, after }, i) =>
          qualityRows(before, after).map(([name, from, to]): Cell[] => [names[i]!, name, Number(from), Number(to)])
        ),
      ),
      table(
        "finetune-settings",
        "Settings of fine-tuning",
        ["setting", ...names],
        Object.keys(finetuneTable).map((path) => [path, ...settings.map((own) => own.get(path) ?? null)]),
        { shown: 40 },
      ),
    ],
    commands: tuned.map(tuneCall),
  };
}

function epochFigure(tuned: readonly Tuned[], names: readonly string[]): Figure {
  const [{ losses }] = tuned as [Tuned], id = "finetune-losses", title = "Loss over the epochs";
  const data = drawn(tuned).flatMap(({ losses }, i) =>
    losses.map((value, epoch) => ({ x: epoch + 1, set: names[i]!, line: names[i]!, value }))
  );
  return {
    id,
    title,
    reading: `${names[0]} goes from ${formatNumber(losses[0] ?? NaN)} to ${formatNumber(losses.at(-1) ?? NaN)} in ${
      counted(losses.length, "epoch")
    }.`,
    spec: curves(data, drawn(names), { x: "epoch", y: "mean loss" }),
    data: table(
      id,
      title,
      ["encoder", "epoch:count", "loss:number"],
      tuned.flatMap(({ losses }, i) => losses.map((loss, epoch): Cell[] => [names[i]!, epoch + 1, loss])),
    ),
  };
}

/** What is drawn over the steps, by the names that TensorBoard has for it. */
const stepCurves = [
  ["finetune-steps", "Loss over the steps", "loss of a batch", "train/loss"],
  ["finetune-rate", "Learning rate over the steps", "learning rate", "train/learning_rate"],
] as const;

/** Points of a curve that a figure shows: means of as many equal parts. */
const mostPoints = 150;

function stepFigures(tuned: readonly Tuned[], names: readonly string[]): Figure[] {
  return stepCurves.flatMap(([id, title, y, tag]): Figure[] => {
    const lines = tuned.map(({ curves }, i) => ({ name: names[i]!, points: curves.get(tag) ?? [] }))
      .filter(({ points }) => points.length > 1);
    if (lines.length === 0) return [];
    const [{ name, points }] = lines as [(typeof lines)[number]];
    return [{
      id,
      title,
      reading: `${name} goes from ${formatNumber(points[0]!.value)} in step ${points[0]!.step} to ${
        formatNumber(points.at(-1)!.value)
      } in step ${points.at(-1)!.step}.`,
      spec: curves(
        drawn(lines).flatMap(({ name, points }) =>
          thinned(points).map(({ step, value }) => ({ x: step, set: name, line: name, value }))
        ),
        drawn(lines).map(({ name }) => name),
        { x: "step", y },
      ),
      data: table(
        id,
        title,
        ["encoder", "step:count", `${y}:number`],
        lines.flatMap(({ name, points }) => points.map(({ step, value }): Cell[] => [name, step, value])),
      ),
    }];
  });
}

/** Means of equal parts of a curve. */
function thinned(points: readonly CurvePoint[]): CurvePoint[] {
  const parts = Math.min(points.length, mostPoints);
  return Array.from({ length: parts }, (_, part) => {
    const own = points.slice(
      Math.floor(part * points.length / parts),
      Math.floor((part + 1) * points.length / parts),
    );
    return { step: own.at(-1)!.step, value: own.reduce((sum, { value }) => sum + value, 0) / own.length };
  });
}

/** The call that makes a tuned encoder again; its folder knows the names of its files alone. */
function tuneCall(
  { name, config: { data, reading, metricDefinitions, encoder, settings, histograms } }: Tuned,
): string {
  return [
    callOf("finetune"),
    dataWords(data, reading),
    ...(metricDefinitions === null ? [] : [`--metric-definitions ${shellWord(metricDefinitions)}`]),
    `--encoder ${shellWord(`gpu:${encoder}`)}`,
    ...changedSettings(finetuneTable, settings).map(([path, word]) =>
      `--${path.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${word}`
    ),
    ...(histograms ? ["--histograms"] : []),
    `--out ${shellWord(name)}`,
  ].join(" ");
}
