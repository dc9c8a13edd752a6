import assert from "node:assert/strict";
import { noteOddRows } from "../../../data/metrics/odd_rows.ts";

/** What is told of metrics whose embeddings have these lengths. */
function notes(...lengths: number[]): string[] {
  const told: string[] = [], names = lengths.map((_, i) => `m${i}`);
  const data = Float32Array.from(lengths.flatMap((length) => [0, length]));
  noteOddRows({ data, rows: lengths.length, columns: 2 }, names, "m.npy", (note) => told.push(note));
  return told;
}

Deno.test("metric embeddings: rows of zeros and of another length are told of, and no others", () => {
  assert.deepEqual(notes(1, 1.2, 0.9, 1), []);
  assert.deepEqual(notes(1, 0, 1, 0, 1), ['m.npy: "m1" is all zeros, and so are 1 more; check the file.']);
  assert.deepEqual(notes(1, 1, 1, 7.5), ['m.npy: "m3" is 7.50 long, far from the usual 1.00; check the file.']);
});
