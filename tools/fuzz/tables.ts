import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { readRecords } from "../../data/records.ts";
import { change, edits, text } from "./bytes.ts";
import { attempt } from "./outcome.ts";
import { targetOf } from "./target.ts";

const row = fc.record({
  metric_name: text.map((name) => `m${name}`),
  response: text,
  score: fc.double({ min: 0, max: 10, noNaN: true }),
});
const form = fc.constantFrom("csv", "parquet", "gzip", "packed parquet", "packed csv");

/** Tables as CSV or Parquet, plain or packed; what they hold when nothing is changed is what is read. */
export const tables = targetOf({
  name: "tables",
  inputs: fc.record({ rows: fc.array(row, { minLength: 1, maxLength: 4 }), form, edits }),
  async check({ rows, form, edits }, folder) {
    const path = join(folder, "table"), bytes = change(packed(rows, form), edits);
    Deno.writeFileSync(path, bytes);
    const found = await attempt(() => readRecords(path, { scores: "required" }), [path]);
    if (edits.length > 0 || "refusal" in found) return;
    if (found.value.length !== rows.length) throw new Error(`${found.value.length} records of ${rows.length} rows`);
  },
});

interface TableRow {
  readonly metric_name: string;
  readonly response: string;
  readonly score: number;
}

function packed(rows: readonly TableRow[], form: string): Uint8Array {
  const bytes = form.endsWith("parquet")
    ? parquet(rows)
    : new TextEncoder().encode(form.endsWith("csv") ? csv(rows) : JSON.stringify(rows));
  return form === "csv" || form === "parquet" ? bytes : new Uint8Array(gzipSync(bytes));
}

function csv(rows: readonly TableRow[]): string {
  const cells = rows.map(({ metric_name, response, score }) => [metric_name, response, String(score)]);
  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
  return ["metric_name,response,score", ...cells.map((row) => row.map(quoted).join())].join("\n");
}

function parquet(rows: readonly TableRow[]): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({
    columnData: [
      { name: "metric_name", data: rows.map(({ metric_name }) => metric_name), type: "STRING" },
      { name: "response", data: rows.map(({ response }) => response), type: "STRING" },
      { name: "score", data: rows.map(({ score }) => score), type: "DOUBLE" },
    ],
  }));
}
