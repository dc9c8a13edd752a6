import assert from "node:assert/strict";
import { MetricTable } from "../../../data/metrics/metric_table.ts";
import { nearMissesOf } from "../../../data/metrics/near_misses.ts";
import { metricSwapNegatives, mismatchedPairs, mismatchedScore, mixedRmse } from "../../../data/pairs/negatives.ts";

const count = 200, metrics = 7;
const rows = {
  text: Uint32Array.from({ length: count }, (_, i) => i),
  metric: Uint32Array.from({ length: count }, (_, i) => i % metrics),
  score: new Float32Array(count).fill(9),
};
/** Rows 2 i and 2 i + 1 have the same text, under two metrics. */
const options = { seed: 1, metrics, sameText: Uint32Array.from({ length: count }, (_, i) => i >> 1), known: rows };

Deno.test("negatives: a share of the rows, with a metric that does not occur with their text and a whole score of 1 to 6", () => {
  const { text, metric, score } = metricSwapNegatives(rows, { ...options, share: 0.5 });
  assert.equal(text.length, 100);
  assert.equal(new Set(text).size, 100, "no row is copied twice below a share of 1");
  text.forEach((row, i) => {
    const pair = row & ~1;
    assert.ok(metric[i] !== rows.metric[pair] && metric[i] !== rows.metric[pair + 1]);
    assert.ok(metric[i]! < metrics && Number.isInteger(score[i]) && score[i]! >= 1 && score[i]! <= 6);
  });
  assert.deepEqual([...new Set(score)].sort(), [1, 2, 3, 4, 5, 6]);
});

Deno.test("negatives: the same seed draws the same, another seed others; a share above 1 copies rows again", () => {
  const draw = (seed: number, share = 0.3) => metricSwapNegatives(rows, { ...options, seed, share });
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  assert.equal(draw(1, 2.5).text.length, 500);
  assert.equal(draw(1, 0).text.length, 0);
});

Deno.test("negatives: a text that occurs with every metric has no mismatch", () => {
  const two = { text: Uint32Array.of(0, 1), metric: Uint32Array.of(0, 1), score: Float32Array.of(9, 9) };
  const same = { seed: 1, metrics: 2, sameText: [0, 0], known: two };
  assert.equal(mismatchedPairs(two, same).text.length, 0);
  assert.equal(metricSwapNegatives(two, { ...same, share: 1 }).text.length, 0);
});

Deno.test("negatives: the mismatched validation set has every row once, at the score that stands for it", () => {
  const { text, metric, score } = mismatchedPairs(rows, options);
  assert.deepEqual(text, rows.text);
  assert.ok(metric.every((one, i) => one !== rows.metric[i]));
  assert.ok(score.every((one) => one === mismatchedScore));
});

Deno.test("negatives: near misses are the nearest metrics of other main categories, none that no row has", () => {
  const names = ["a/0", "a/1", "b/2", "b/3", "b/4", "c/5", "c/6"];
  const table = new MetricTable(names, Float32Array.of(1, 0, 1, 0, 1, 0.1, 1, 0.2, 1, 0.3, -1, 0, 1, 0.05), 2);
  const near = nearMissesOf(table);
  assert.deepEqual(near(0, [1, 2, 3, 4, 5, 6]), [6, 2, 3], "a/1 is nearer, but of the same category");
  assert.deepEqual(near(2, [3, 4]), [3, 4]);
  assert.deepEqual(near(2, []), []);
  const apart = { ...options, sameText: rows.text };
  mismatchedPairs(rows, apart, near).metric.forEach((one, i) => {
    assert.ok(near(rows.metric[i]!, [0, 1, 2, 3, 4, 5, 6].filter((other) => other !== rows.metric[i])).includes(one));
  });
  const known = { ...rows, metric: rows.metric.map((one) => Math.min(one, 5)) };
  assert.ok(!mismatchedPairs(known, { ...apart, known }, near).metric.includes(6));
});

Deno.test("negatives: selection is plain without negatives, else mixed at their share, half and half at most", () => {
  assert.equal(mixedRmse(2, 5, 0), 2);
  assert.equal(mixedRmse(2, null, 0.1), 2);
  assert.ok(Math.abs(mixedRmse(2, 5, 0.1) - Math.sqrt(0.9 * 4 + 0.1 * 25)) < 1e-12);
  assert.equal(mixedRmse(2, 5, 4), mixedRmse(2, 5, 0.5));
});
