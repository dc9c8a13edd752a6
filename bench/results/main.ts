/** `deno task results`: trains every recipe on the sample set and on FED, and writes the tables of docs/results.md. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeAtomically } from "../../engine/files.ts";
import { UsageError } from "../../kernels/errors.ts";
import { lineReporter, runCommand } from "../command.ts";
import { allCells, type Cell } from "./cells.ts";
import { type CellResult, type FedFiles, measureCell } from "./measure.ts";
import { resultTables } from "./table.ts";

const help = `Usage: deno task results [CELL...] [--out DIR] [--epochs N] [--list]
       deno task results [CELL...] --fed FOLDS --metric-names FILE --metric-embeddings FILE

Trains each recipe on the built-in sample set, plain, with its document's remedies and with the fit model, and on the folds of
FED with three seeds; prints the tables of docs/results.md. CELL: only those whose name contains it. Hours on a CPU: it may
be stopped at any moment, and the same command goes on. What is done is not trained again.

  --out DIR    where runs and results.json go (runs/results)
  --epochs N   most epochs of recipes that are trained step by step (20)
  --fed DIR    folds: DIR/0/train.json, DIR/0/train/user_prompt.npy and response.npy, the same of test, and so on
  --list       the cells with the command and a rough time of each; trains nothing
  --help       this text`;

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) return console.log(help);
  const epochs = Number(values.epochs), out = values.out;
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
  const results = await readResults(file);
  for (const [i, cell] of chosen.entries()) {
    const place = `[${i + 1}/${chosen.length}] ${cell.name}`;
    if (!results[cell.name]) {
      console.error(`${place}: about ${rough(cell.minutes)}`);
      results[cell.name] = await measureCell(cell, out, { fed, reporter: lineReporter(`${place}: `) });
      await writeAtomically(file, JSON.stringify(results, null, 2) + "\n");
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
        epochs: { type: "string", default: "20" },
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

/** @throws UsageError when only some of FED's files are named */
function fedFiles(values: Values): FedFiles | null {
  const { fed: folds, "metric-names": metricNames, "metric-embeddings": metricEmbeddings } = values;
  if (folds && metricNames && metricEmbeddings) return { folds, metricNames, metricEmbeddings };
  if (folds ?? metricNames ?? metricEmbeddings) {
    throw new UsageError("--fed, --metric-names and --metric-embeddings go together; all three are expected.");
  }
  return null;
}

/** What is done already; nothing where the file is not there yet. */
async function readResults(file: string): Promise<Record<string, CellResult>> {
  const text = await Deno.readTextFile(file).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "{}";
    throw error;
  });
  return JSON.parse(text);
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
