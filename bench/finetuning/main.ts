/** `deno task results:finetuning`: what tuning an encoder on each fold's train rows does to scorers; see docs/finetuning.md. */
import { parseArgs } from "node:util";
import { UsageError } from "../../kernels/errors.ts";
import type { FinetuneSettings } from "../../runs/finetune/settings.ts";
import { finetuneTable } from "../../runs/finetune/settings.ts";
import type { GivenSettings } from "../../recipes/settings/shared.ts";
import { setByPath } from "../../recipes/settings/table.ts";
import { lineReporter, runCommand } from "../command.ts";
import { measureTuning, type TuningResult } from "./folds.ts";

const help =
  `Usage: deno task results:finetuning --folds DIR --encoder gpu:FOLDER --metric-definitions FILE [--tune NAME=VALUE]...

Tunes a sentence encoder on the train rows of each fold, trains gaussian-process and bilinear on the embeddings of the
encoder as it is and as it is tuned, and prints the RMSE on the folds' test rows. It may be stopped at any moment, and the
same command goes on. What is done is not done again.

  --folds DIR                 DIR/0/train.json, DIR/0/test.json, and so on
  --encoder NAME              gpu:FOLDER, as of deno task finetune
  --metric-definitions FILE   JSON object of a text for each metric's name
  --group-by FIELD            field whose values no two folds share (conversation)
  --tune NAME=VALUE           a setting of deno task finetune, such as loss=cosine; may be repeated
  --recipe NAME               gaussian-process or bilinear alone
  --seed N                    seed of the scorers (1)
  --epochs N                  most epochs of bilinear (15)
  --max-tokens N              tokens of a text that are read for the scorers (128)
  --out DIR                   folder of encoders and runs (runs/finetuning)
  --help                      this text`;

/** Minutes of tuning, not hours; `--tune` changes any of it. */
const shortTuning: Partial<FinetuneSettings> = {
  field: "response",
  pairs: "definitions",
  freeze: 4,
  epochs: 1,
  lr: 1e-4,
  maxTokens: 64,
};

async function main(args: readonly string[]): Promise<void> {
  const values = parse(args);
  if (values.help) return console.log(help);
  const { folds, encoder, "metric-definitions": metricDefinitions, "group-by": groupBy, out } = values;
  if (!folds || !encoder || !metricDefinitions) {
    throw new UsageError("--folds, --encoder and --metric-definitions are expected.");
  }
  const tuning = values.tune.reduce((given, word) => {
    const [path, ...value] = word.split("=");
    return setByPath(finetuneTable, given, path!, value.join("="), `--tune ${path}`);
  }, shortTuning);
  const count = (name: "seed" | "epochs" | "max-tokens") => {
    const number = Number(values[name]);
    if (Number.isInteger(number) && number >= 1) return number;
    throw new UsageError(`--${name} is "${values[name]}"; a whole number from 1 is expected.`);
  };
  const encoding = { maxTokens: count("max-tokens") }, seed = count("seed");
  const known = new Map<string, GivenSettings>([
    ["gaussian-process", { fit: { name: "none" }, features: { encoding }, training: { seed } }],
    ["bilinear", {
      augmentation: { metricSwap: { share: 0 } },
      weights: { kind: "none" },
      features: { encoding },
      training: { seed, epochs: count("epochs") },
    }],
  ]);
  const { recipe } = values;
  if (recipe !== undefined && !known.has(recipe)) {
    throw new UsageError(`--recipe is "${recipe}"; ${[...known.keys()].join(" or ")} is expected.`);
  }
  const recipes = new Map([...known].filter(([name]) => name === (recipe ?? name)));
  const trial = { folds, metricDefinitions, encoder, groupBy, tuning, recipes, out };
  console.log(tuningTable(await measureTuning(trial, lineReporter())));
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        folds: { type: "string" },
        encoder: { type: "string" },
        "metric-definitions": { type: "string" },
        "group-by": { type: "string", default: "conversation" },
        tune: { type: "string", multiple: true, default: [] },
        recipe: { type: "string" },
        seed: { type: "string", default: "1" },
        epochs: { type: "string", default: "15" },
        "max-tokens": { type: "string", default: "128" },
        out: { type: "string", default: "runs/finetuning" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** The table of docs/finetuning.md. */
function tuningTable(results: readonly TuningResult[]): string {
  const three = (figure: number) => figure.toFixed(3);
  return [
    "| RMSE | constant | untuned | tuned | tuned - untuned, 95 % | folds, untuned → tuned |",
    "| --- | --- | --- | --- | --- | --- |",
    ...results.map(({ recipe, constant, untuned, tuned, difference, folds }) =>
      `| \`${recipe}\` | ${[constant, untuned, tuned].map(three).join(" | ")} | ${three(tuned - untuned)} (${
        difference.map(three).join(" to ")
      }) | ${folds.map((pair) => pair.map(three).join(" → ")).join(", ")} |`
    ),
  ].join("\n");
}

await runCommand(main);
