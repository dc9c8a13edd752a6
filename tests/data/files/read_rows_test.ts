import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { DataPaths } from "../../../data/files/data_paths.ts";
import { type MetricRecord, readRecords, type ReadRecordsOptions } from "../../../data/records.ts";
import { put, withFolder } from "../../temporary.ts";

const rows = [
  { metric_name: "tone", user_prompt: 'Hello, "you"', response: "Hi\nthere; dear", score: 9, turn: 1 },
  { metric_name: "clarity", user_prompt: "Почему?", response: "", score: 2.5, turn: 2 },
  { metric_name: "tone", user_prompt: "", response: "逆", score: 0, turn: 3 },
];
const json = JSON.stringify(rows), lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");

function table(separator: string): string {
  const quoted = (cell: unknown) => `"${String(cell).replaceAll('"', '""')}"`;
  const names = Object.keys(rows[0]!).join(separator);
  return [names, ...rows.map((row) => Object.values(row).map(quoted).join(separator))].join("\r\n");
}

function parquet(): Uint8Array {
  const column = (name: keyof (typeof rows)[number], type: "STRING" | "DOUBLE" | "INT64") => ({
    name,
    type,
    data: rows.map((row) => type === "INT64" ? BigInt(row[name]) : row[name]),
  });
  return new Uint8Array(parquetWriteBuffer({
    columnData: [
      column("metric_name", "STRING"),
      column("user_prompt", "STRING"),
      column("response", "STRING"),
      column("score", "DOUBLE"),
      column("turn", "INT64"),
    ],
  }));
}

const utf16 = (text: string) =>
  new Uint8Array(Uint16Array.from(`\ufeff${text}`, (character) => character.charCodeAt(0)).buffer);

const expected: MetricRecord[] = rows.map(({ metric_name, user_prompt, response, score, turn }) => ({
  metric: metric_name,
  systemPrompt: null,
  userPrompt: user_prompt,
  response,
  score,
  extra: { turn },
}));
/** What CSV holds are texts. */
const fromTexts = expected.map((record) => ({ ...record, extra: { turn: String(record.extra.turn) } }));

const forms: Record<string, { readonly content: string | Uint8Array; readonly records?: MetricRecord[] }> = {
  "a JSON array": { content: json },
  "JSON lines": { content: lines },
  "commas": { content: table(","), records: fromTexts },
  "semicolons": { content: table(";"), records: fromTexts },
  "semicolons that a line before names": { content: `\ufeffsep=;\r\n${table(";")}`, records: fromTexts },
  "tabs, with a byte order mark": { content: `\ufeff${table("\t")}`, records: fromTexts },
  "numbers of rows as pandas writes them, and empty columns": {
    content: table(",").split(/\r\n(?=\S*,)/).map((line, i) => `${i ? i - 1 : ""},${line},`).join("\n"),
    records: fromTexts,
  },
  "quoted names with commas and colons": {
    content: table(",").replace("turn", '"Which turn: 1, 2, ... [count]"'),
    records: fromTexts.map(({ extra, ...one }) => ({ ...one, extra: { "Which turn: 1, 2, ... [count]": extra.turn } })),
  },
  "tabs in UTF-16": { content: utf16(table("\t")), records: fromTexts },
  "Parquet": { content: parquet() },
};

const required: ReadRecordsOptions = { scores: "required" };

for (const [form, { content, records = expected }] of Object.entries(forms)) {
  Deno.test(
    `rows: ${form}, plain and packed, is read whatever the file's name`,
    withFolder(async (folder) => {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      const middle = bytes.length >> 1;
      const members = [gzipSync(bytes.subarray(0, middle)), gzipSync(bytes.subarray(middle))];
      for (
        const [name, one] of [["data.json", bytes], ["x.csv", gzipSync(bytes)], ["y", Buffer.concat(members)]] as const
      ) {
        assert.deepEqual(await readRecords(await put(folder, name, new Uint8Array(one)), required), records, name);
      }
    }),
  );
}

Deno.test(
  "rows: several files follow one another, and a folder's files their names; others in it are told of",
  withFolder(async (folder) => {
    const [first, second] = [rows.slice(0, 1), rows.slice(1)];
    await Deno.mkdir(join(folder, "set"));
    await put(folder, "set/b.json", JSON.stringify(second));
    await put(folder, "set/a.jsonl.gz", new Uint8Array(gzipSync(JSON.stringify(first))));
    await put(folder, "set/README.md", "About");
    const notes: string[] = [];
    const read = (data: DataPaths) => readRecords(data, { ...required, onNote: (note) => notes.push(note) });
    const set = join(folder, "set");
    assert.deepEqual(await read(`${set}/`), expected);
    assert.deepEqual(notes, [`${set}/: 2 files of records are read, 1 others are passed over.`]);
    assert.deepEqual(await read([join(set, "b.json"), set]), [...expected.slice(1), ...expected]);
    await Deno.mkdir(join(folder, "empty"));
    await assert.rejects(read(join(folder, "empty")), { name: "DataError", message: /empty has no file of records; / });
    await put(folder, "set/b.json", JSON.stringify([{ ...second[0], score: 11 }]));
    await assert.rejects(read([join(set, "a.jsonl.gz"), join(set, "b.json")]), {
      message: `${set}/b.json, record 1: score is 11; a number from 0 to 10 is expected.`,
    });
  }),
);

Deno.test("rows: standard input is read once and kept", async () => {
  const program = new URL("programs/read_standard_input.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", program],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(gzipSync(lines)));
  await writer.close();
  const { stdout } = await child.output();
  const responses = rows.map(({ response }) => response);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), [responses, responses]);
});

const broken: [what: string, content: string | Uint8Array, message: RegExp][] = [
  [
    "gzip that is cut",
    new Uint8Array(gzipSync(json)).subarray(0, -9),
    /x is a damaged gzip file: it ends before its content does\.$/,
  ],
  [
    "gzip of an archive",
    new Uint8Array(gzipSync("PK\x03\x04 and more")),
    /x is a zip archive.*; a file of records is expected/,
  ],
  ["gzip within gzip", new Uint8Array(gzipSync(gzipSync(json))), /x is a gzip archive; a file of records is expected/],
  ["Parquet that is cut", parquet().subarray(0, -9), /x is a damaged Parquet file: [^.]+\.$/],
  ["Parquet without a body", "PAR1", /x is a damaged Parquet file: /],
  ["a short row", `${table(",")}\r\na,b`, /x, line 6 has 2 cells, but the header has 5 cells\.$/],
  ["a column twice", "score,metric_name,score\n1,a,2", /x, line 1 names the column "score" twice; once is expected\.$/],
  ["a cell under no name", "metric_name,,score\nm,,1\nm,x,2\n", /x, line 3 has "x" in column 2, which has no name in/],
  [
    "words under no name",
    ",metric_name,score\nwhy,m,1\n",
    /x, line 2 has "why" in column 1, which has no name in line 1/,
  ],
  ["a header alone", "metric_name,response,score\n", /x has no records; at least one is expected\.$/],
  [
    "another separator",
    "metric_name|score\nm|1\n",
    /x is no JSON array of records: .*; nor is it a table, whose first line/,
  ],
  ["JSON without its first bytes", '"score": 3, "user_prompt": "a"},\n{}]', /x is no JSON array of records: /],
  [
    "NaN",
    '[{"score": NaN}]',
    /x is damaged at byte 11: null, or another value that JSON has, is expected at record 1, /,
  ],
  [
    "a bad byte",
    new Uint8Array([...new TextEncoder().encode(`${table(",")}é`), 0xff, 0xe9]),
    /x is damaged at byte \d+: the byte 0xff/,
  ],
  [
    "other columns",
    "instruction,output\na,b\n",
    /x, record 1: metric_name is missing; the name of a metric is expected; found the fields "instruction", "output"\.$/,
  ],
  [
    "a bad score",
    "metric_name,response,score\nm,r,1\nm,r,high\n",
    /x, record 2: score is "high"; a number from 0 to 10 is expected\.$/,
  ],
];
for (const [what, content, message] of broken) {
  Deno.test(
    `rows: ${what} is refused in one sentence`,
    withFolder(async (folder) => {
      await assert.rejects(readRecords(await put(folder, "x", content), required), { name: "DataError", message });
    }),
  );
}
