import { bilinearDefaults as defaults, bilinearRanges as ranges, recipes, weightings } from "../models/config.ts";
import type { TrainRequest } from "../models/train_request.ts";
import { UsageError } from "../kernels/errors.ts";
import { resumeRun, trainRun, type TrainSummary } from "../models/train_run.ts";
import { command } from "./command.ts";
import { interruptible, Interruption } from "./interruption.ts";
import { describe, flagOf, given, metricFiles, number, numbers, oneOf, text } from "./options.ts";
import { nextFree } from "./out.ts";
import { createTrainReporter } from "./progress.ts";
import { alignColumns, counted, type Terminal } from "./terminal.ts";

/** What `train` is asked for: a new run, or to go on with one. */
export type TrainCall =
  | {
    readonly kind: "new";
    readonly request: Omit<TrainRequest, "out">;
    readonly out: string | null;
    readonly force: boolean;
  }
  | { readonly kind: "resume"; readonly run: string };

/** `train`: trains a scorer on records, or on the built-in sample set. */
export function trainCommand(act: (call: TrainCall) => Promise<void>) {
  return trainOptions().action((options) => act(trainCall(options)));
}

function trainOptions() {
  return command("train", "Train a scorer. Without --data it trains on a built-in sample set.", [
    ["train", "Try it out"],
    [
      "train --data train.json --metric-names names.json --metric-embeddings metrics.npy --out runs/a",
      "Train on your records",
    ],
    ["train --resume runs/a", "Go on with a run that was stopped"],
  ])
    .optionsGroup("Data:")
    .option("--data <file>", "JSON file of records with scores", text("--data"))
    .option("--metric-names <file>", "JSON array of the names of the metrics", text("--metric-names"))
    .option("--metric-embeddings <file>", ".npy matrix with a row for each name", text("--metric-embeddings"))
    .option(
      "--embeddings <folder>",
      "embeddings of the texts: user_prompt.npy, system_prompt.npy, response.npy, or text.npy (default: the built-in encoder)",
      text("--embeddings"),
    )
    .option("--recover", "train on what can be saved of a damaged --data")
    .option("--max-rows <count>", "use only the first records", number("--max-rows", [1, 1e9, true]))
    .option(
      "--validation-share <share>",
      describe("part of the records held out for validation", defaults.validationShare),
      number("--validation-share", ranges.validationShare),
    )
    .option(
      "--group-by <field>",
      "field of the records whose equal values stay together when validation rows are chosen",
      text("--group-by"),
    )
    .option(
      "--negatives <share>",
      describe("copies of train rows with a metric that does not fit, as a share of the rows", defaults.negatives),
      number("--negatives", ranges.negatives),
    )
    .option(
      "--weights <kind>",
      describe(`sample weights: ${weightings.join(" or ")}`, defaults.weights),
      oneOf("--weights", weightings),
    )
    .optionsGroup("Model and training:")
    .option(
      "--recipe <name>",
      describe(`what to train: ${recipes.join(", ")}`, defaults.recipe),
      oneOf("--recipe", recipes),
    )
    .option("--seed <number>", describe("seed of every random choice", defaults.seed), number("--seed", ranges.seed))
    .option(
      "--rank <number>",
      describe("rank of the bilinear form; 0 leaves it out", defaults.rank),
      number("--rank", ranges.rank),
    )
    .option(
      "--hidden <widths>",
      describe("widths of the hidden layers", defaults.hidden.join(",")),
      numbers("--hidden", [1, 65536, true]),
    )
    .option(
      "--dropout <share>",
      describe("part of the activations dropped", defaults.dropout),
      number("--dropout", ranges.dropout),
    )
    .option("--epochs <count>", describe("most epochs", defaults.epochs), number("--epochs", ranges.epochs))
    .option(
      "--batch-size <rows>",
      describe("rows in a step", defaults.batchSize),
      number("--batch-size", ranges.batchSize),
    )
    .option(
      "--learning-rate <rate>",
      describe("Adam's learning rate at first", defaults.learningRate),
      number("--learning-rate", ranges.learningRate),
    )
    .option(
      "--weight-decay <rate>",
      describe("L2 penalty", defaults.weightDecay),
      number("--weight-decay", ranges.weightDecay),
    )
    .option(
      "--clip <norm>",
      describe("largest global norm of the gradient; 0 for no limit", defaults.clip),
      number("--clip", ranges.clip),
    )
    .option(
      "--plateau-patience <epochs>",
      describe("epochs without progress before the learning rate is cut", defaults.plateauPatience),
      number("--plateau-patience", ranges.plateauPatience),
    )
    .option(
      "--early-stopping <epochs>",
      describe("epochs without progress before training ends", defaults.earlyStopping),
      number("--early-stopping", ranges.earlyStopping),
    )
    .optionsGroup("Run:")
    .option("--out <folder>", "folder of the run (default: the next free runs/RECIPE-1, -2 ...)", text("--out"))
    .option("--force", "replace the run that is in --out")
    .option("--resume <run>", "go on with a stopped run, with its own data and settings", text("--resume"));
}

type TrainOptions = ReturnType<ReturnType<typeof trainOptions>["opts"]>;

/** @throws UsageError when options do not go together */
function trainCall(options: TrainOptions): TrainCall {
  const { resume, ...others } = given(options);
  if (resume !== undefined) {
    const [other] = Object.keys(others);
    if (other !== undefined) {
      throw new UsageError(
        `--resume goes on with the run's own data and settings; ${flagOf(other)} cannot be given beside it.`,
      );
    }
    return { kind: "resume", run: resume };
  }
  const { data, metricNames, metricEmbeddings, embeddings, recover, maxRows, out, force, ...settings } = others;
  const metrics = metricFiles({ metricNames, metricEmbeddings });
  if (data === undefined) {
    const needsData = { metricNames, metricEmbeddings, embeddings, recover, groupBy: settings.groupBy };
    const [alone] = Object.keys(given(needsData));
    if (alone !== undefined) throw new UsageError(`${flagOf(alone)} needs --data beside it.`);
  } else if (metrics === null) {
    throw new UsageError("--data needs --metric-names and --metric-embeddings beside it.");
  }
  return {
    kind: "new",
    request: {
      files: data === undefined || metrics === null ? null : {
        data,
        metricNames: metrics.names,
        metricEmbeddings: metrics.embeddings,
        embeddings: embeddings ?? null,
        recover: recover ?? false,
      },
      settings,
      maxRows: maxRows ?? null,
    },
    out: out ?? null,
    force: force ?? false,
  };
}

/** Epochs on the sample set when none are asked for: a trial that ends within minutes on a CPU. */
const sampleEpochs = 20;

export async function train(call: TrainCall, terminal: Terminal): Promise<void> {
  const reporter = createTrainReporter(terminal);
  const summary = await interruptible(terminal, async (signal) => {
    if (call.kind === "resume") return await resumeRun(call.run, { reporter, signal });
    const { request, force } = call;
    const settings = { ...request.settings };
    if (request.files === null) {
      terminal.note("No --data: this trains on the built-in sample set of 5,000 records in five languages.");
      if (settings.epochs === undefined) {
        settings.epochs = sampleEpochs;
        terminal.note(
          `${sampleEpochs} epochs at most, to be done soon; --epochs ${defaults.epochs} is the recipe's own.`,
        );
      }
    }
    const { negatives, weights } = { ...defaults, ...settings };
    terminal.note(
      negatives > 0
        ? `Metric-swap negatives: ${negatives} of the train rows (they help where metrics may not fit; --negatives 0 leaves them out).`
        : "No metric-swap negatives.",
    );
    terminal.note(`Sample weights: ${weights}.`);
    const out = call.out ?? await nextFree("runs", settings.recipe ?? defaults.recipe);
    return await trainRun({ ...request, settings, out }, { reporter, signal, force });
  });
  if (!summary.finished) {
    throw new Interruption(
      `Stopped after ${
        counted(summary.epochs, "epoch")
      }; everything is saved. Go on with: deno task train --resume ${summary.folder}`,
    );
  }
  report(summary, terminal);
}

function report({ folder, epochs, best, figures }: TrainSummary, terminal: Terminal): void {
  const onSample = figures.some(({ set }) => set === "sample test");
  const rows = figures.map((
    { set, rows, rmse, constant },
  ) => [set, String(rows), rmse.toFixed(3), constant.toFixed(3)]);
  terminal.note(
    `\nTrained for ${counted(epochs, "epoch")}; the weights of epoch ${best?.epoch} are kept in ${folder}.\n`,
  );
  terminal.print(alignColumns([["set", "rows", "RMSE", "constant"], ...rows]));
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
