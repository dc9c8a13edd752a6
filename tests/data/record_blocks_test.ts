import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { JsonElements } from "../../data/files/stream/json_elements.ts";
import { CsvPieces } from "../../data/files/stream/csv_pieces.ts";
import { pause } from "../../data/files/stream/pause.ts";
import { readRecordBlocks, type RecordBlock, type RecordBlockOptions } from "../../data/record_blocks.ts";
import { type MetricRecord, readRecords } from "../../data/records.ts";
import { put, withFolder } from "../temporary.ts";

const rows = Array.from({ length: 50 }, (_, i) => ({
  metric_name: i % 3 === 0 ? "tone" : "clarity",
  system_prompt: i % 4 === 0 ? null : 'Be "brief",\nplease',
  user_prompt: i === 7 ? "" : `Почему ${i}? {[`,
  response: `逆 ${"\\".repeat(i % 3)}"${i}`,
  turn: String(i),
}));
const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const quoted = (cell: unknown) => `"${String(cell ?? "").replaceAll('"', '""')}"`;
const table = [Object.keys(rows[0]!).join(), ...rows.map((row) => Object.values(row).map(quoted).join())].join("\r\n");

function parquet(): Uint8Array {
  const columnData = Object.keys(rows[0]!).map((name) => ({
    name,
    type: "STRING" as const,
    nullable: true,
    data: rows.map((row) => row[name as keyof typeof row]),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 20 }));
}

const utf16 = new Uint8Array(Uint16Array.from(`\ufeff${lines}`, (character) => character.charCodeAt(0)).buffer);

/** Reads as if the files were too large to be read whole. */
async function blocksOf(path: string | string[], options: Partial<RecordBlockOptions> = {}): Promise<RecordBlock[]> {
  return await Array.fromAsync(readRecordBlocks(path, { blockSize: 8, wholeBytes: 0, ...options }));
}

const recordsOf = (blocks: readonly RecordBlock[]): MetricRecord[] => blocks.flatMap(({ records }) => records);

for (
  const [form, content] of [
    ["a JSON array", JSON.stringify(rows, null, 1)],
    ["JSON lines", lines],
    ["JSON lines in UTF-16", utf16],
    ["CSV", table],
    ["Parquet of several row groups", parquet()],
  ] as const
) {
  Deno.test(
    `record blocks: ${form}, plain and packed, gives the records of a file that is read whole`,
    withFolder(async (folder) => {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      for (const stored of [bytes, gzipSync(bytes)]) {
        const path = await put(folder, "x", new Uint8Array(stored)),
          whole = await readRecords(path, { scores: "ignored" });
        const blocks = await blocksOf(path);
        assert.deepEqual(recordsOf(blocks), whole);
        assert.deepEqual(blocks.map(({ records }) => records.length), [8, 8, 8, 8, 8, 8, 2]);
        assert.deepEqual(blocks.flatMap(({ numbers }) => [...numbers]), [...rows.keys()]);
      }
    }),
  );
}

Deno.test(
  "record blocks: each record is in one shard, with its number, and several files are counted through",
  withFolder(async (folder) => {
    const paths = [await put(folder, "a", lines), await put(folder, "b", table)];
    const whole = await readRecords(paths, { scores: "ignored" });
    for (const options of [{}, { wholeBytes: 1 << 20 }]) {
      const shards = await Promise.all(
        [1, 2, 3].map((index) => blocksOf(paths, { ...options, shard: { index, count: 3 } })),
      );
      const found = shards.flat().flatMap(({ numbers, records }) =>
        records.map((one, i) => [numbers[i]!, one] as const)
      );
      assert.deepEqual(found.toSorted(([a], [b]) => a - b).map(([, record]) => record), whole);
      assert.ok(shards.every((blocks) => recordsOf(blocks).length >= 32));
    }
  }),
);

Deno.test(
  "record blocks: rows of other tools, maps and messages count through the whole file",
  withFolder(async (folder) => {
    const judged = rows.map(({ user_prompt, response }) => ({ question: user_prompt, answer: response, tone: 3 }));
    const path = await put(folder, "x", JSON.stringify(judged));
    const reading = { map: { user_prompt: "question", response: "answer", score: "tone" } };
    assert.deepEqual(
      recordsOf(await blocksOf(path, { reading })),
      await readRecords(path, { scores: "ignored", reading }),
    );
    const steer = judged.map(({ question, answer }) => ({
      ...{ prompt: question, response: answer, helpfulness: 1, correctness: 2 },
      ...{ coherence: 3, complexity: 0, verbosity: 4 },
    }));
    const other = await put(folder, "y", steer.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const notes: string[] = [];
    const found = await blocksOf(other, { onNote: (note) => notes.push(note) });
    assert.deepEqual(recordsOf(found), await readRecords(other, { scores: "ignored" }));
    assert.deepEqual(notes, [`${other} is read as HelpSteer2, with scores from 0 to 4.`]);
    assert.equal(found[0]!.definitions.size, 5);

    const bad = await put(folder, "z", `${lines}{"metric_name": 4}\n`);
    await assert.rejects(blocksOf(bad), {
      message: `${bad}, record 51: metric_name is 4; the name of a metric is expected.`,
    });
    const cut = await put(folder, "cut", lines.slice(0, -20));
    await assert.rejects(blocksOf(cut), {
      name: "DataError",
      message:
        /cut is damaged: the file ends where .* record 50.*; the records before it can be saved with --recover\.$/,
    });
    await assert.rejects(blocksOf(await put(folder, "table", `${table}\r\na,b`)), {
      message: /table, line \d+ has 2 cells, but the header has 5 cells\.$/,
    });
    await assert.rejects(blocksOf(await put(folder, "none", "[]")), { message: /none has no records; / });
    await assert.rejects(blocksOf(await put(folder, "twice", '{"metric_name":"a","metric_name":"b"}\n')), {
      message: /twice, record 1 has "metric_name" twice; once is expected\.$/,
    });
    await assert.rejects(
      blocksOf(await put(folder, "bytes", new Uint8Array([...new TextEncoder().encode(lines), 0xff]))),
      { message: /bytes is damaged between byte 0 and byte \d+: it is not valid UTF-8\.$/ },
    );
  }),
);

Deno.test(
  "record blocks: of a damaged file the whole records are taken where asked, and texts that are none are fixed",
  withFolder(async (folder) => {
    const cut = await put(folder, "cut", lines.slice(0, -20)), found: number[] = [];
    const blocks = await blocksOf(cut, {
      ...{ reading: { recover: true }, shard: { index: 1, count: 2 } },
      onDamage: (before) => found.push(before),
    });
    assert.deepEqual([blocks.flatMap(({ numbers }) => [...numbers]).at(-1), found], [47, [49]]);
    await assert.rejects(blocksOf([cut, await put(folder, "b", lines)], { reading: { recover: true } }), {
      message: /give the files one by one/,
    });

    const odd = await put(folder, "odd", `${lines}{"metric_name":"tone","response":[4]}\n`);
    await assert.rejects(blocksOf(odd), { message: /odd, record 51: response is / });
    for (const wholeBytes of [0, 1 << 20]) {
      assert.equal(recordsOf(await blocksOf(odd, { wholeBytes, fixTexts: true }))[50]!.response, "[4]");
    }
  }),
);

Deno.test("record blocks: pieces may end anywhere, and an empty line between JSON lines is a pause", () => {
  for (const text of [lines, JSON.stringify(rows), JSON.stringify(rows, null, 2)]) {
    for (const length of [1, 3, 1000]) {
      const elements = new JsonElements("x"), found: unknown[] = [];
      for (let at = 0; at < text.length; at += length) found.push(...elements.push(text.slice(at, at + length)));
      assert.deepEqual([...found, ...elements.end()], rows);
    }
  }
  const elements = new JsonElements("x");
  assert.deepEqual([...elements.push('{"a":1}\n\n{"a":2}\n'), ...elements.push("\n"), ...elements.end()], [
    { a: 1 },
    pause,
    { a: 2 },
    pause,
  ]);
  for (
    const [end, before] of [["\r\n", ""], ["\n", ""], ["\r", ""], ["\r\n", "sep=,\r\n"], ["\n", "sep=,\n"]] as const
  ) {
    const text = before + table.replaceAll("\r\n", end);
    for (const length of [1, 7, 1000]) {
      const pieces = new CsvPieces("x"), found: unknown[] = [];
      for (let at = 0; at < text.length; at += length) found.push(...pieces.push(text.slice(at, at + length)));
      assert.deepEqual(
        [...found, ...pieces.end()].map((row) => (row as { turn: string }).turn),
        rows.map(({ turn }) => turn),
      );
      const cut = new CsvPieces("x"), wrong = `${text}${end}too,few`, line = wrong.split(/\r\n?|\n/).length;
      assert.throws(
        () => {
          for (let at = 0; at < wrong.length; at += length) cut.push(wrong.slice(at, at + length));
          cut.end();
        },
        { message: `x, line ${line} has 2 cells, but the header has 5 cells.` },
      );
    }
  }
});

Deno.test(
  "record blocks: records without a score keep their place where scores are optional, and are left out where required",
  withFolder(async (folder) => {
    const scored = rows.map((row, i) => ({ ...row, score: i % 10 === 3 ? null : "2,5" }));
    const path = await put(folder, "x.jsonl", scored.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const notes: string[] = [], onNote = (note: string) => notes.push(note);
    const optional = recordsOf(await blocksOf(path, { scores: "optional", onNote }));
    assert.deepEqual(optional.map(({ score }) => score), scored.map(({ score }) => score && 2.5));
    const required = recordsOf(await blocksOf(path, { scores: "required", onNote }));
    assert.deepEqual(required, optional.filter(({ score }) => score !== null));
    const commas = `${path}: the comma in 45 of its scores was read as a decimal point.`;
    assert.deepEqual(notes, [commas, `${path}: 5 records have no number for a score and are left out.`, commas]);
    const none = await put(folder, "none.jsonl", lines);
    await assert.rejects(blocksOf(none, { scores: "required" }), /none of its 50 records has a score; /);
  }),
);
