import assert from "node:assert/strict";
import { relativePositionBuckets } from "../../../encoders/network/relative_positions.ts";

Deno.test("relative positions: buckets begin at the distances at which PyTorch's begin, on either side", () => {
  const tokens = 600, buckets = relativePositionBuckets(tokens, 32);
  const before = buckets.subarray((tokens - 1) * tokens).toReversed(), behind = buckets.subarray(0, tokens);
  const begins = (row: Uint32Array) => Array.from(row.keys()).filter((i) => i > 1 && row[i] !== row[i - 1]);
  const expected = [2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91];
  assert.deepEqual(begins(before), expected);
  assert.deepEqual(begins(behind), expected);
  assert.deepEqual([before[0], before[1], before[599], behind[0], behind[1], behind[599]], [0, 1, 15, 0, 17, 31]);
});
