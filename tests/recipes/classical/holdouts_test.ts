import assert from "node:assert/strict";
import { dealFolds, groupHoldouts, metricHoldouts } from "../../../recipes/classical/holdouts.ts";

const group = Uint32Array.from({ length: 120 }, (_, i) => Math.floor(i / 7));
const metric = Uint32Array.from({ length: 120 }, (_, i) => i % 6);

Deno.test("held-out groups: each row is predicted once, by rows of other groups alone", () => {
  const holdouts = groupHoldouts({ group, metric }, 5, 1);
  assert.deepEqual(holdouts.flatMap(({ held }) => [...held]).sort((a, b) => a - b), [...group.keys()]);
  for (const { fit, held } of holdouts) {
    const known = new Set(Array.from(fit, (row) => group[row]!));
    assert.ok(held.every((row) => !known.has(group[row]!)));
    assert.equal(fit.length + held.length, 120);
    assert.ok(held.length >= 14 && held.length <= 34, `${held.length} rows`);
  }
});

Deno.test("held-out metrics: rows are predicted by rows of other metrics and of other groups", () => {
  const holdouts = metricHoldouts({ group, metric }, 3, 1);
  assert.equal(holdouts.length, 3);
  for (const { fit, held } of holdouts) {
    const groups = new Set(Array.from(fit, (row) => group[row]!)),
      metrics = new Set(Array.from(fit, (row) => metric[row]!));
    assert.ok(held.length > 0 && held.every((row) => !groups.has(group[row]!) && !metrics.has(metric[row]!)));
  }
});

Deno.test("folds: the same seed deals alike, another one does not, and none is empty", () => {
  assert.deepEqual(dealFolds(group, 4, 1), dealFolds(group, 4, 1));
  assert.notDeepEqual(dealFolds(group, 4, 1), dealFolds(group, 4, 2));
  assert.equal(new Set(dealFolds(group, 4, 1)).size, 4);
});
