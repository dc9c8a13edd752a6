import type { DataPaths } from "../../data/files/data_paths.ts";
import type { Reading } from "../../data/reading.ts";
import { readRecordSet } from "../../data/records.ts";
import { isStandardRange } from "../../data/scores.ts";
import { writeRecords } from "../../data/write_records.ts";
import { writeAtomically } from "../../engine/files/files.ts";
import { counted } from "../../data/texts/counted.ts";
import { command } from "../command.ts";
import { text } from "../options/options.ts";
import { refuseExisting } from "../output/out.ts";
import * as reading from "../options/reading_options.ts";
import { dataForms, oneMorePath, readingOf } from "../options/reading_options.ts";
import { alignColumns, type Terminal } from "../output/terminal.ts";

/** What `convert` is asked for. */
export interface ConvertCall {
  /** Records: files, folders of such or `-`. */
  readonly data: DataPaths;
  /** How they are read; absent where they are in the fields of a record. */
  readonly reading?: Reading;
  /** JSON file to write. */
  readonly out: string;
  /** JSON file for the metrics' definitions; null to write none. */
  readonly definitions: string | null;
  readonly force: boolean;
}

/** `convert`: writes records of any form as JSON in the fields of a record. */
export function convertCommand(act: (call: ConvertCall) => Promise<void>) {
  return command("convert", "Write records of any form as JSON, as train and predict understand them.", [
    ["convert --data results.json --out records.json", "What another tool has exported"],
    [
      "convert --data ratings.csv --map user_prompt=question,response=answer,score=rating --score-range 1..5 --out records.json",
      "A table with columns of its own",
    ],
  ])
    .requiredOption("--data <file>", `records: ${dataForms}`, oneMorePath)
    .addOption(reading.format)
    .addOption(reading.map)
    .addOption(reading.scoreRange)
    .addOption(reading.recover)
    .requiredOption("--out <file>", "JSON file to write, with scores from 0 to 10", text("--out"))
    .option("--definitions <file>", "JSON file to write for --metric-definitions", text("--definitions"))
    .option("--force", "replace the files that are there")
    .action(({ data, out, definitions, force, ...options }) =>
      act({ data, ...readingOf(options), out, definitions: definitions ?? null, force: force ?? false })
    );
}

export async function convert(call: ConvertCall, terminal: Terminal): Promise<void> {
  const { out, definitions, force } = call;
  await refuseExisting(out, "--out", force);
  if (definitions !== null) await refuseExisting(definitions, "--definitions", force);
  const onNote = (sentence: string) => terminal.note(sentence);
  const found = await readRecordSet(call.data, { scores: "optional", reading: call.reading, onNote });
  const { records, scoreRange: [low, high] } = found;
  await writeRecords(out, records);
  const metrics = new Map<string, number>();
  for (const { metric } of records) metrics.set(metric, (metrics.get(metric) ?? 0) + 1);
  if (definitions !== null) {
    const texts = [...metrics.keys()].map((name) => [name, found.definitions.get(name) ?? name]);
    await writeAtomically(definitions, `${JSON.stringify(Object.fromEntries(texts), null, 2)}\n`);
  }
  terminal.print(alignColumns([
    ["metric", "records"],
    ...[...metrics].slice(0, mostMetrics).map(([name, count]) => [inALine(name), String(count)]),
    ...(metrics.size > mostMetrics ? [[`... ${metrics.size - mostMetrics} more`, ""]] : []),
  ]));
  const scored = records.filter(({ score }) => score !== null).length;
  const scale = isStandardRange([low, high]) ? "" : `, brought from ${low}..${high} to 0..10`;
  terminal.note(`${counted(records.length, "record")} written to ${out}; ${scored} have a score${scale}.`);
}

/** Metrics that are shown. */
const mostMetrics = 20;

/** A name that fits into a table; criteria may be whole sentences. */
function inALine(name: string): string {
  const line = name.replace(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
