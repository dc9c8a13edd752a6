import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readRecordPieces } from "../../../data/record_blocks.ts";
import { readRecordSet } from "../../../data/records.ts";
import { groupNumbers } from "../../../data/split.ts";
import { readLeanRecords } from "../../../runs/prepare/streamed/lean_records.ts";
import { put, withFolder } from "../../temporary.ts";

const long = "a text that is longer than its digest";
const rows = [
  {
    metric_name: "tone",
    system_prompt: long,
    user_prompt: `${long} 1`,
    response: "short",
    score: 3,
    talk: `${long} a`,
  },
  { metric_name: "tone", system_prompt: null, user_prompt: `${long} 1`, response: "short", score: 4.5, talk: "b" },
  {
    metric_name: "form",
    system_prompt: long,
    user_prompt: `${long} 1`,
    response: "short",
    score: 3,
    talk: `${long} a`,
  },
  { metric_name: "form", system_prompt: " ", user_prompt: "", response: `${long} 2`, score: "10", talk: 7 },
  { metric_name: "form", user_prompt: "?", response: "  ", score: 0, talk: "b" },
];
const options = { fixTexts: false, dropStopWords: false, onNote() {}, onBytes() {} };
const filesOf = (data: string, reading = {}) => ({
  ...{ data, reading, metricNames: null, metricEmbeddings: null, embeddings: null, recover: false },
});

Deno.test(
  "lean records: they group as the records do, by texts and by a field, and hold no text",
  withFolder(async (folder) => {
    const path = await put(folder, "train.json", JSON.stringify(rows));
    const { records } = await readRecordSet(path, { scores: "required" });
    const lean = (groupBy: string | null) => readLeanRecords(filesOf(path), { ...options, groupBy });
    for (const groupBy of [null, "talk", "user_prompt"]) {
      const { records: own } = await lean(groupBy);
      assert.deepEqual(
        own.map(({ metric, score }) => [metric, score]),
        records.map(({ metric, score }) => [metric, score]),
      );
      assert.deepEqual(groupNumbers(own, groupBy), groupNumbers(records, groupBy));
      assert.ok(!JSON.stringify(own).includes(long));
    }
    const { records: [, , , , unanswered] } = await lean(null);
    assert.equal(unanswered!.response, "");
    assert.deepEqual(unanswered!.extra, {});
  }),
);

Deno.test(
  "record pieces: with scores they are those of a file that is read whole, and a score beyond the scale is named",
  withFolder(async (folder) => {
    const path = await put(folder, "x", gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join("")));
    const pieces = (reading = {}) =>
      Array.fromAsync(readRecordPieces(path, { scores: "required", reading, wholeBytes: 0 }));
    const reading = { scoreRange: [0, 20] } as const;
    const found = await pieces(reading), whole = await readRecordSet(path, { scores: "required", reading });
    assert.deepEqual(found.flatMap((piece) => typeof piece === "symbol" ? [] : piece.records), whole.records);
    await assert.rejects(pieces({ scoreRange: [1, 10] }), {
      message: /record 5: score is 0; a number from 1 to 10 is expected\.$/,
    });
  }),
);
