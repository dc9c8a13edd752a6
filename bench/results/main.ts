/** `deno task results`: trains recipes on sets of real records, the sample set and FED; writes the tables of docs/results.md. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../../kernels/errors.ts";
import { lineReporter, runCommand } from "../command.ts";
import { allCells, type Cell } from "./cells.ts";
import { type CellResult, type FedFiles, measureCell } from "./measure.ts";
import { type RealRequest, realResults } from "./real/main.ts";
import { readResults, writeResults } from "./results_file.ts";
import { resultTables } from "./table.ts";

const help = `Usage: deno task results [CELL...] --real DIR [--recipes A,B] [--markdown] [--out DIR] [--list]
       deno task results [CELL...] [--out DIR] [--epochs N] [--list]
       deno task results [CELL...] --fed FOLDS --metric-names FILE --metric-embeddings FILE

With --real, trains on each set of records in a folder as a bare "train --group-by source --embeddings" does, scores the
set's test records as a bare "predict --embeddings" does, and prints tables: RMSE with a 95 % interval over groups, beside
the mean train score (constant), the mean train score of each metric, and the best of the set's baselines, picked on the
test records; the means of Pearson's and Spearman's correlations within metrics; seconds of training and scoring; then
the same of each metric, and Spearman beside published figures where the set has such.

Without it, trains each recipe on the built-in sample set, plain, as its document has it and with the fit model, and on
the folds of FED with three seeds; prints the tables of docs/results.md. Hours on a CPU.

Either may be stopped at any moment, and the same command goes on. What is done is not trained again. CELL: only those
whose name contains it.

  --real DIR     sets: DIR/SET/train_data.json, test_data.json, test_scores.json (in the order of test_data.json),
                 metric_names.json, metric_embeddings.npy, baselines.json ({NAME: {rmse}}) and embeddings/train and
                 embeddings/test (user_prompt.npy, response.npy); the field "source" of a record names its group
  --recipes A,B  recipes to train on each (what "train" takes when none is named)
  --markdown     tables for a page instead of the terminal
  --out DIR      where runs and results.json go, those of --real to DIR/real (runs/results)
  --epochs N     most epochs of recipes that are trained step by step (20)
  --fed DIR      folds: DIR/0/train.json, DIR/0/train/user_prompt.npy and response.npy, the same of test, and so on
  --list         the cells with their commands, without --real with a rough time of each; trains nothing
  --help         this text`;

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) return console.log(help);
  if (values.real !== undefined) return console.log(await realResults(realRequest(values, values.real, positionals)));
  if (values.recipes !== undefined || values.markdown) {
    throw new UsageError(`--${values.markdown ? "markdown" : "recipes"} needs --real beside it.`);
  }
  const epochs = Number(values.epochs ?? 20), out = values.out;
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new UsageError(`--epochs is "${values.epochs}"; a whole number from 1 is expected.`);
  }
  const fed = fedFiles(values), cells = allCells({ epochs, fed: fed !== null });
  const chosen = cells.filter(({ name }) =>
    positionals.length === 0 || positionals.some((part) => name.includes(part))
  );
  if (chosen.length === 0) throw new UsageError(`No cell's name contains "${positionals.join('" or "')}"; see --list.`);
  if (values.list) return console.log(chosen.map((cell) => listed(cell, args)).join("\n"));
  const file = join(out, "results.json");
  const results = await readResults<CellResult>(file);
  for (const [i, cell] of chosen.entries()) {
    const place = `[${i + 1}/${chosen.length}] ${cell.name}`;
    if (!results[cell.name]) {
      console.error(`${place}: about ${rough(cell.minutes)}`);
      results[cell.name] = await measureCell(cell, out, { fed, reporter: lineReporter(`${place}: `) });
      await writeResults(file, results);
    }
    console.error(`${place}: ${results[cell.name]!.rmse.toFixed(3)}`);
  }
  console.log(resultTables(cells, results));
}

type Values = ReturnType<typeof parse>["values"];

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: "string", default: "runs/results" },
        epochs: { type: "string" },
        real: { type: "string" },
        recipes: { type: "string" },
        markdown: { type: "boolean", default: false },
        fed: { type: "string" },
        "metric-names": { type: "string" },
        "metric-embeddings": { type: "string" },
        list: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** @throws UsageError when options of the other tables are beside --real */
function realRequest(values: Values, folder: string, parts: readonly string[]): RealRequest {
  const { recipes, out, markdown, list } = values;
  const [other] = (["epochs", "fed", "metric-names", "metric-embeddings"] as const).filter((name) =>
    values[name] !== undefined
  );
  if (other) throw new UsageError(`--real and --${other} exclude each other.`);
  return { folder, recipes, parts, out, markdown, list };
}

/** @throws UsageError when only some of FED's files are named */
function fedFiles(values: Values): FedFiles | null {
  const { fed: folds, "metric-names": metricNames, "metric-embeddings": metricEmbeddings } = values;
  if (folds && metricNames && metricEmbeddings) return { folds, metricNames, metricEmbeddings };
  if (folds ?? metricNames ?? metricEmbeddings) {
    throw new UsageError("--fed, --metric-names and --metric-embeddings go together; all three are expected.");
  }
  return null;
}

const rough = (minutes: number) => minutes < 60 ? `${Math.ceil(minutes)} min` : `${(minutes / 60).toFixed(1)} h`;

/** A cell with the command that measures it alone. */
function listed({ name, minutes }: Cell, args: readonly string[]): string {
  const options = args.slice(Math.max(args.findIndex((word) => word.startsWith("--")), 0)).filter((word) =>
    word !== "--list"
  );
  return `${rough(minutes).padStart(8)}  deno task results ${[name, ...options].join(" ")}`;
}

await runCommand(main);
