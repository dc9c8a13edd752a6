import { callOf } from "../../data/files/called_as.ts";
import { readMetricDefinitions } from "../../data/metrics/metric_definitions.ts";
import { MetricTable } from "../../data/metrics/metric_table.ts";
import { readTextEmbeddings } from "../../data/embeddings/text_embeddings.ts";
import { shellWord } from "../../data/files/shell_word.ts";
import { dataWords, type Reading } from "../../data/reading.ts";
import { hasTexts } from "../../data/records.ts";
import { fitTexts } from "../../encoders/encode_records.ts";
import type { TokenCounter } from "../../encoders/tokenizer/token_counter.ts";
import { HashEncoder } from "../../encoders/hash.ts";
import { UsageError } from "../../kernels/errors.ts";
import { type StageFigures, stageFigures } from "../../runs/prepare/augment_report.ts";
import { prepare } from "../../runs/prepare/prepare.ts";
import { recipes } from "../../recipes/registry.ts";
import { configOf } from "../../runs/configure.ts";
import type { SetInput } from "../../reports/explore/explore.ts";
import { command } from "../command.ts";
import { createEncodingReporter } from "../output/encoding_progress.ts";
import * as reading from "../options/reading_options.ts";
import { readingOf } from "../options/reading_options.ts";
import { describe, flagOf, given, type MetricFiles, metricFiles, number, oneOf, text } from "../options/options.ts";
import { refuseTaken, removeReport } from "../output/report_folder.ts";
import type { Terminal } from "../output/terminal.ts";

/** What `explore` is asked for. */
export interface ExploreCall {
  readonly data: string;
  readonly test: string | null;
  /** Folders of embeddings of the texts of `data`, and of `test`. */
  readonly embeddings: readonly string[];
  readonly metrics: MetricFiles | null;
  /** How the records of both files are read; absent where they are in the fields of a record. */
  readonly reading?: Reading;
  /** Hugging Face folder of the encoder whose tokens are counted; null for none. */
  readonly tokenizer: string | null;
  /** The recipe whose augmentation is shown; null for none. */
  readonly recipe: string | null;
  readonly recover: boolean;
  readonly maxRows: number | null;
  readonly out: string;
  readonly force: boolean;
}

/** `explore`: writes a report of records, before anything is trained on them. */
export function exploreCommand(act: (call: ExploreCall) => Promise<void>) {
  return exploreOptions().action(async (options) => {
    const { data, test, embeddings = [], tokenizer, recipe, recover, maxRows, out, force } = options;
    const metrics = metricFiles(options);
    if (embeddings.length > (test === undefined ? 1 : 2)) {
      throw new UsageError(
        `--embeddings names ${embeddings.length} folders; one for --data is expected, and one for --test beside it.`,
      );
    }
    if (recipe !== undefined && metrics === null) {
      throw new UsageError(
        "--recipe needs --metric-names and --metric-embeddings, or --metric-definitions, beside it.",
      );
    }
    await act({
      data,
      test: test ?? null,
      embeddings,
      metrics,
      ...readingOf(options),
      tokenizer: tokenizer ?? null,
      recipe: recipe ?? null,
      recover: recover ?? false,
      maxRows: maxRows ?? null,
      out: out ?? "report",
      force: force ?? false,
    });
  });
}

function exploreOptions() {
  const folders = text("--embeddings");
  return command("explore", "Write a report of records before training: figures, tables and one page of HTML.", [
    ["explore --data train.json", "Look at records"],
    [
      "explore --data train.json --test test.json --metric-names metric_names.json " +
      "--metric-embeddings metric_embeddings.npy --out report",
      "Show beside them what they will be tested on, and the metrics",
    ],
  ])
    .optionsGroup("Data:")
    .requiredOption(
      "--data <file>",
      "records: JSON, JSON Lines, CSV or Parquet, or a folder of such files",
      text("--data"),
    )
    .option("--test <file>", "records to show beside them, in any form of --data", text("--test"))
    .addOption(reading.format)
    .addOption(reading.map)
    .addOption(reading.scoreRange)
    .option(
      "--embeddings <folders...>",
      `embeddings of the texts of --data, and of --test: folders as ${callOf("embed")} writes them`,
      (folder: string, before: readonly string[] = []) => [...before, folders(folder)],
    )
    .option("--metric-names <file>", "JSON array of the names of the metrics", text("--metric-names"))
    .option("--metric-embeddings <file>", ".npy matrix with a row for each name", text("--metric-embeddings"))
    .option(
      "--metric-definitions <file>",
      "JSON object {name: text} in place of those two: the built-in encoder embeds the texts",
      text("--metric-definitions"),
    )
    .option(
      "--tokenizer <folder>",
      "count tokens as the encoder in a Hugging Face folder reads them (gpu:FOLDER names it too)",
      text("--tokenizer"),
    )
    .option(
      "--recipe <name>",
      "show the scores after each stage of this recipe's augmentation",
      oneOf("--recipe", recipes.map(({ name }) => name)),
    )
    .option("--recover", "look at what can be saved of a damaged file")
    .option("--max-rows <count>", "use only the first records of each file", number("--max-rows", [1, 1e9, true]))
    .optionsGroup("Output:")
    .option("--out <folder>", describe("folder to write the report into", "report"), text("--out"))
    .option("--force", "replace the report that is in --out");
}

export async function explore(call: ExploreCall, terminal: Terminal): Promise<void> {
  await refuseTaken(call.out, call.force);
  const [{ explore }, { writeReport }] = await Promise.all([
    import("../../reports/explore/explore.ts"),
    import("../../reports/write_report.ts"),
  ]);
  const onNote = terminal.note;
  const tokens = call.tokenizer === null ? null : await counterOf(call.tokenizer);
  const train = await readSet(call.data, call.embeddings[0], call, onNote);
  const test = call.test === null ? null : await readSet(call.test, call.embeddings[1], call, onNote);
  const metrics = await metricsOf(call, train, onNote);
  const augmentation = call.recipe === null
    ? null
    : { recipe: call.recipe, stages: await stagesOf(call.recipe, call, terminal) };
  const page = explore({ train, test, metrics, augmentation, tokens, command: words(call) });
  if (call.force) await removeReport(call.out);
  const path = await writeReport(call.out, page);
  for (const { name, value, note } of page.facts) terminal.print(`${name}: ${value}${note === "" ? "" : ` (${note})`}`);
  terminal.note(`\nReport: ${path}`);
}

/** @throws DataError when the folder holds no encoder with a tokenizer */
async function counterOf(folder: string): Promise<TokenCounter> {
  const { TokenCounter } = await import("../../encoders/tokenizer/token_counter.ts");
  return await TokenCounter.open(folder.replace(/^gpu:/, ""));
}

/** Records that the built-in encoder learns words from. */
const learntFrom = 5000;

/** The metrics with their embeddings, or with those that the built-in encoder gives their definitions; null for none. */
async function metricsOf(
  { metrics }: ExploreCall,
  { records }: SetInput,
  onNote: (sentence: string) => void,
): Promise<MetricTable | null> {
  if (metrics === null) return null;
  if (metrics.names !== null) return await MetricTable.read(metrics.names, metrics.embeddings, { onNote });
  const definitions = await readMetricDefinitions(metrics.definitions, onNote);
  const some = records.filter(hasTexts).slice(0, learntFrom);
  if (some.length === 0) return null;
  const encoder = new HashEncoder();
  encoder.fit(fitTexts(some));
  return new MetricTable([...definitions.keys()], await encoder.encode([...definitions.values()]), encoder.dimension);
}

async function readSet(
  path: string,
  folder: string | undefined,
  { recover, maxRows, reading }: ExploreCall,
  onNote: (sentence: string) => void,
): Promise<SetInput> {
  const { readLooseRecords } = await import("../../reports/explore/explored_set.ts");
  const loose = await readLooseRecords(path, { recover, maxRows, reading, onNote });
  const embeddings = folder === undefined ? null : await readTextEmbeddings(folder, loose.records.length, {
    rowsOf: `${path} has ${loose.records.length} records`,
    recovered: recover || maxRows !== null,
    onNote,
  });
  return { ...loose, path, embeddings };
}

/** The train rows after each stage of augmentation, as `augment` shows them. */
async function stagesOf(recipe: string, call: ExploreCall, terminal: Terminal): Promise<StageFigures[]> {
  const { data, metrics, embeddings, recover, maxRows, reading } = call;
  const config = configOf({
    recipe,
    settings: {},
    files: {
      data,
      ...(reading ? { reading } : {}),
      metricNames: metrics!.names,
      metricEmbeddings: metrics!.embeddings,
      metricDefinitions: metrics!.definitions,
      embeddings: embeddings[0] ?? null,
      recover,
    },
    maxRows,
  });
  const reporter = { note: terminal.note, warn: terminal.warn, ...createEncodingReporter(terminal) };
  const settings = { ...config.settings, fit: { name: "none" as const } };
  return stageFigures((await prepare({ ...config, settings }, reporter)).rows);
}

/** The command that makes the same report. */
function words({ metrics, force: _, embeddings, recover, reading, data, ...call }: ExploreCall): string {
  const values = given({
    ...call,
    metricDefinitions: metrics?.definitions,
    metricNames: metrics?.names,
    metricEmbeddings: metrics?.embeddings,
  });
  const options = Object.entries(values).filter(([, value]) => value !== null)
    .map(([name, value]) => `${flagOf(name)} ${shellWord(String(value))}`);
  return [
    callOf("explore"),
    dataWords(data, reading),
    ...options,
    ...(embeddings.length === 0 ? [] : [`--embeddings ${embeddings.map(shellWord).join(" ")}`]),
    ...(recover ? ["--recover"] : []),
  ].join(" ");
}
