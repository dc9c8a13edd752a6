import type { CardFacts } from "../../runs/finetune/model_card.ts";
import { qualityRows } from "../../runs/finetune/model_card.ts";
import { finetuneTable } from "../../runs/finetune/settings.ts";
import { changedSettings, leaves } from "../../recipes/settings/table.ts";
import { shellWord } from "../../data/files/shell_word.ts";
import { dataWords } from "../../data/reading.ts";
import { curves } from "../figures/run_charts.ts";
import { counted, formatNumber } from "../numbers.ts";
import type { Section } from "../section.ts";
import { type Cell, table } from "../table.ts";
import { labels } from "../visible_text.ts";
import { drawn } from "./shown_run.ts";

/** A fine-tuned encoder and what its folder says of its making. */
export interface Tuned extends CardFacts {
  readonly name: string;
}

/** Fine-tuned encoders: what their training came to. */
export function finetuneSection(tuned: readonly Tuned[]): Section {
  const names = labels(tuned.map(({ name }) => name), 30);
  const data = drawn(tuned).flatMap(({ losses }, i) =>
    losses.map((value, epoch) => ({ x: epoch + 1, set: names[i]!, line: names[i]!, value }))
  );
  const { losses, counts } = tuned[0]!;
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
    figures: [{
      id: "finetune-losses",
      title: "Loss over the epochs",
      reading: `${names[0]} goes from ${formatNumber(losses[0] ?? NaN)} to ${formatNumber(losses.at(-1) ?? NaN)} in ${
        counted(losses.length, "epoch")
      }.`,
      spec: curves(data, drawn(names), { x: "epoch", y: "mean loss" }),
      data: table(
        "finetune-losses",
        "Loss over the epochs",
        ["encoder", "epoch:count", "loss:number"],
        tuned.flatMap(({ losses }, i) => losses.map((loss, epoch): Cell[] => [names[i]!, epoch + 1, loss])),
      ),
    }],
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
    commands: tuned.map(callOf),
  };
}

/** The call that makes a tuned encoder again; its folder knows the names of its files alone. */
function callOf({ name, config: { data, reading, metricDefinitions, encoder, settings } }: Tuned): string {
  return [
    "deno task finetune",
    dataWords(data, reading),
    ...(metricDefinitions === null ? [] : [`--metric-definitions ${shellWord(metricDefinitions)}`]),
    `--encoder ${shellWord(`gpu:${encoder}`)}`,
    ...changedSettings(finetuneTable, settings).map(([path, word]) =>
      `--${path.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${word}`
    ),
    `--out ${shellWord(name)}`,
  ].join(" ");
}
