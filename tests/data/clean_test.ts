import assert from "node:assert/strict";
import { cleanScores, type OffGrid } from "../../data/clean.ts";

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
  const { records: left, kept } = cleanScores(records, {
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
