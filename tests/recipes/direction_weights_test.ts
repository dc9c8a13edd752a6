import assert from "node:assert/strict";
import { describeDirectionWeights, meanDirectionWeights } from "../../recipes/direction_weights.ts";

Deno.test("direction weights: means over all rows and by metric, without metrics that have no rows", () => {
  const weights = Float32Array.of(1, 0, 3, 2, 5, 4);
  assert.deepEqual(meanDirectionWeights(weights, [2, 0, 2], ["a", "b", "c"]), {
    all: [3, 2],
    metrics: { a: [3, 2], c: [3, 2] },
  });
});

Deno.test("direction weights: the sentence counts the directions with most of the weight", () => {
  const counted = (...all: number[]) => /, (\d+) have 90 %/.exec(describeDirectionWeights({ all, metrics: {} }))![1];
  assert.deepEqual([counted(1, 1, 1, 1), counted(100, 1, 1, 1), counted(0, 0)], ["4", "1", "0"]);
});
