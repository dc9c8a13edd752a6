import assert from "node:assert/strict";
import { cleanRecords, type OffGrid } from "../../data/clean.ts";

const records = [9, 9.5, 10, 0.25].map((score) => ({
  metric: "m",
  systemPrompt: null,
  userPrompt: "q",
  response: "r",
  score,
  extra: {},
}));

function cleaned(offGrid: OffGrid) {
  const notes: string[] = [];
  const { records: left, kept } = cleanRecords(records, {
    offGrid,
    source: "a.json",
    onNote: (note) => notes.push(note),
  });
  return { scores: left.map(({ score }) => score), kept: [...kept], notes };
}

Deno.test("cleaning: scores off the grid stay, are rounded to their class, or leave with their records", () => {
  assert.deepEqual(cleaned("keep"), { scores: [9, 9.5, 10, 0.25], kept: [0, 1, 2, 3], notes: [] });
  assert.deepEqual(cleaned("round"), {
    scores: [9, 10, 10, 0],
    kept: [0, 1, 2, 3],
    notes: ["a.json: 2 scores are no whole numbers; they are rounded."],
  });
  assert.deepEqual(cleaned("drop"), {
    scores: [9, 10],
    kept: [0, 2],
    notes: ["a.json: 2 scores are no whole numbers; their records are left out."],
  });
});

Deno.test("cleaning: records that are named leave too", () => {
  const { records: left, kept } = cleanRecords(records, {
    ...{ offGrid: "round", dropped: [0, 3], source: "a.json", onNote: () => {} },
  });
  assert.deepEqual([left.map(({ score }) => score), [...kept]], [[10, 10], [1, 2]]);
});

Deno.test("cleaning: records without texts are left out, and the others keep their numbers", () => {
  const notes: string[] = [];
  const textless = { ...records[0]!, userPrompt: "", response: " " };
  const { records: left, kept } = cleanRecords([textless, records[0]!, records[1]!, textless, records[2]!], {
    offGrid: "drop",
    source: "a.json",
    onNote: (note) => notes.push(note),
  });
  assert.deepEqual(left.map(({ score }) => score), [9, 10]);
  assert.deepEqual([...kept], [1, 4]);
  assert.deepEqual(notes, [
    "a.json: 2 records, the first of them record 1, have neither a user_prompt nor a response; they are left out.",
    "a.json: 1 scores are no whole numbers; their records are left out.",
  ]);
});

Deno.test("cleaning: records without a score or without texts are left out, and the others keep their numbers", () => {
  const notes: string[] = [], [first, ...others] = records;
  const given = [{ ...first!, score: null }, others[0]!, { ...first!, userPrompt: "", response: " " }, others[1]!];
  const { records: left, kept } = cleanRecords(given, {
    offGrid: "keep",
    source: "a.json",
    onNote: (note) => notes.push(note),
  });
  assert.deepEqual(left, [others[0], others[1]]);
  assert.deepEqual([...kept], [1, 3]);
  assert.deepEqual(notes, [
    "a.json: 1 record has no number for a score and is left out.",
    "a.json: record 3 has neither a user_prompt nor a response; it is left out.",
  ]);
});
