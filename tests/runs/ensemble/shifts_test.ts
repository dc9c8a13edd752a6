import assert from "node:assert/strict";
import { combineShifted } from "../../../runs/ensemble/shifts.ts";
import type { ShiftedRow } from "../../../scoring/shift/shifted_rows.ts";

const asIs = { offset: 0, round: false };
const rowOf = (record: number, half: number, none: number, em: number): ShiftedRow => ({
  set: "validation",
  record,
  half,
  score: 5,
  predicted: { none, em, mean: NaN, bbse: em + 1, auto: none },
});

Deno.test("ensemble: members are combined under each shift, and mean is moved to that of em within each half", () => {
  const members = [
    [rowOf(0, 0, 8, 4), rowOf(1, 1, 6, 2), rowOf(2, 0, 7, 5)],
    [rowOf(0, 0, 9, 5), rowOf(1, 1, 8, 3), rowOf(2, 0, 5, 1)],
  ];
  // The combination of a row is the one that was fitted without it.
  const combinationOf = (record: number) =>
    record === 1 ? { weights: [0, 1], intercept: 0.5 } : { weights: [0.5, 0.5], intercept: 0 };
  const combined = combineShifted(members, combinationOf, asIs).map(({ predicted }) => predicted);
  assert.deepEqual(combined.map(({ none }) => none), [8.5, 8.5, 6]);
  assert.deepEqual(combined.map(({ em }) => em), [4.5, 3.5, 3]);
  assert.deepEqual(combined.map(({ bbse }) => bbse), [5.5, 4.5, 4]);
  assert.deepEqual(combined.map(({ auto }) => auto), [8.5, 8.5, 6]);
  // Half 0: 8.5 and 6 come to the mean of 4.5 and 3; half 1 alone to 3.5.
  [5, 3.5, 2.5].forEach((expected, i) => assert.ok(Math.abs(combined[i]!.mean - expected) < 1e-5, `row ${i}`));
});

Deno.test("ensemble: what is combined under a shift is within 0 and 10, moved and rounded as scores are", () => {
  const combined = combineShifted([[rowOf(0, 0, 9.8, 0.2)]], () => ({ weights: [1], intercept: 0 }), {
    offset: 1,
    round: true,
  });
  assert.deepEqual(combined[0]!.predicted, { none: 10, em: 1, bbse: 2, auto: 10, mean: 1 });
});
