import { callOf } from "../../data/files/called_as.ts";
import type { StageFigures } from "../../runs/prepare/augment_report.ts";
import { heatMap } from "../figures/maps.ts";
import { counted, formatNumber } from "../numbers.ts";
import type { Section } from "../section.ts";
import { table } from "../table.ts";

/** How augmentation changes the scores of the train rows, stage by stage. */
export function stageSection(recipe: string, stages: readonly StageFigures[]): Section {
  const names = stages.map(({ stage }, i) => i === 0 ? stage : `+ ${stage}`);
  const cells = stages.flatMap(({ classes, rows }, i) =>
    classes.map((count, score) => ({ x: String(score), y: names[i]!, count, value: count / rows }))
  );
  const first = stages[0]!, last = stages.at(-1)!;
  return {
    id: "augmentation",
    title: "Augmentation",
    text: `What the stages of the recipe ${recipe} make of the train rows; ${callOf("augment")} writes them.`,
    figures: [{
      id: "augmentation-stages",
      title: "Score distribution after each stage",
      reading: `${counted(first.rows, "train row")} with a mean score of ${formatNumber(first.mean)} become ` +
        `${counted(last.rows, "row")} with a mean of ${formatNumber(last.mean)}.`,
      spec: heatMap(cells, {
        x: "score",
        y: "after",
        value: "share of rows",
        domain: [0, Math.max(...cells.map(({ value }) => value))],
        format: ".0%",
        size: [440, 120 + 34 * stages.length],
      }),
      data: table(
        "augmentation-stages",
        "Score distribution after each stage",
        ["after", "added:count", "rows:count", "mean:number", ...first.classes.map((_, score) => `${score}:count`)],
        stages.map(({ added, rows, mean, classes }, i) => [names[i]!, added, rows, mean, ...classes]),
      ),
    }],
    tables: [],
  };
}
