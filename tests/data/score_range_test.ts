import assert from "node:assert/strict";
import { type MetricRecord, readRecordSet, type ReadRecordsOptions } from "../../data/records.ts";
import { fromStandard, parseScoreRange, type ScoreRange, toStandard } from "../../data/scores.ts";
import { put, withFolder } from "../temporary.ts";

Deno.test("score range: it is read from its two ends, and anything else is refused", () => {
  assert.deepEqual(parseScoreRange("1..5"), [1, 5]);
  assert.deepEqual(parseScoreRange(" -0.5 .. 1e2"), [-0.5, 100]);
  for (const word of ["5", "1..", "5..1", "3..3", "1..5..9", "a..b", "0..1e999", "1-5", ""]) {
    assert.throws(() => parseScoreRange(word), {
      name: "UsageError",
      message: `--score-range is "${word}"; the lowest and the highest score, as 1..5, are expected.`,
    });
  }
});

Deno.test("score range: the ends become 0 and 10 and come back; 0 to 10 stays to the bit", () => {
  for (const range of [[1, 5], [0, 1], [-1, 1], [0, 100]] as const) {
    assert.deepEqual(range.map((end) => toStandard(end, range)), [0, 10]);
    assert.deepEqual([0, 10].map((end) => fromStandard(end, range)), [...range]);
  }
  for (const score of [0.1, 0.3, 9.7, 10 / 3]) {
    assert.equal(toStandard(score, [0, 10]), score);
    assert.equal(fromStandard(score, [0, 10]), score);
  }
});

/** Reads these scores as `x.json`, with the notes. */
async function read(scores: readonly unknown[], options: Partial<ReadRecordsOptions>) {
  const notes: string[] = [], values = scores.map((score) => ({ metric_name: "m", response: "r", score }));
  let found: { records: MetricRecord[]; scoreRange: ScoreRange } | undefined;
  await withFolder(async (folder) => {
    const path = await put(folder, "x.json", JSON.stringify(values));
    const onNote = (note: string) => notes.push(note.replace(path, "x.json"));
    found = await readRecordSet(path, { scores: "required", onNote, ...options }).catch((error) => {
      error.message = error.message.replace(path, "x.json");
      throw error;
    });
  })();
  return { scores: found!.records.map(({ score }) => score), range: found!.scoreRange, notes };
}

Deno.test("score range: records have scores from 0 to 10, also where the range is the run's", async () => {
  const stretched = { scores: [0, 2.5, 10], range: [1, 5], notes: [] };
  assert.deepEqual(await read([1, "2", 5], { reading: { scoreRange: [1, 5] } }), stretched);
  assert.deepEqual(await read([1, "2", 5], { scoreRange: [1, 5] }), stretched);
  assert.deepEqual((await read([1, 2], { scoreRange: [1, 5], reading: { scoreRange: [0, 10] } })).scores, [1, 2]);
});

Deno.test("score range: a score outside is refused with its record, and scores that use little of it are told of", async () => {
  const reading = { scoreRange: [1, 5] } as const;
  await assert.rejects(read([1, 5, 0], { reading }), {
    name: "DataError",
    message: "x.json, record 3: score is 0; a number from 1 to 5 is expected.",
  });
  const few = [1, 2, 1, 2, 1, 2, 1, 2, 1, 2.5];
  assert.deepEqual((await read(few, { reading })).notes, [
    "x.json: the scores lie between 1 and 2.5, less than half of the scale from 1 to 5 that --score-range gives; check " +
    "that it is theirs.",
  ]);
  assert.deepEqual((await read([...few, 3], { reading })).notes, []);
  assert.deepEqual((await read(few.slice(1), { reading })).notes, []);
});

Deno.test("score range: a decimal comma is read, with a note, unless the comma may part thousands", async () => {
  assert.deepEqual(await read(["2,5", "1,000", 9], {}), {
    scores: [2.5, 1, 9],
    range: [0, 10],
    notes: ["x.json: the comma in 2 of its scores was read as a decimal point."],
  });
  const reading = { scoreRange: [0, 5000] } as const;
  assert.deepEqual((await read(["0,500", "500,5"], { reading })).scores, [0.001, 1.001]);
  await assert.rejects(read(["1,234"], { reading }), {
    message: 'x.json, record 1: score is "1,234"; a number from 0 to 5000 is expected.',
  });
});
