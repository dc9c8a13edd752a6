import assert from "node:assert/strict";
import { Philox, philoxBlock } from "../../kernels/philox.ts";

Deno.test("philox: the published known answers of Philox4x32-10 come out", () => {
  const ones = 0xffffffff;
  assert.deepEqual(philoxBlock([0, 0, 0, 0], [0, 0]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  assert.deepEqual(philoxBlock([ones, ones, ones, ones], [ones, ones]), [
    0x408f276d,
    0x41c83b0e,
    0xa20bc7c6,
    0x6d5451fd,
  ]);
  assert.deepEqual(philoxBlock([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]), [
    0xd16cfe09,
    0x94fdcceb,
    0x5001e420,
    0x24126ea1,
  ]);
});

Deno.test("philox: a stream started at a position goes on as the unbroken one does", () => {
  const unbroken = new Philox(7, 3);
  const words = Array.from({ length: 20 }, () => unbroken.uint32());
  const resumed = new Philox(7, 3, 6);
  assert.deepEqual(Array.from({ length: 14 }, () => resumed.uint32()), words.slice(6));
  assert.notDeepEqual(words, Array.from({ length: 20 }, ((other) => () => other.uint32())(new Philox(7, 4))));
});

Deno.test("philox: uniform and normal numbers have the moments of their distributions", () => {
  const random = new Philox(1);
  const moments = (draw: () => number) => {
    const values = Array.from({ length: 20_000 }, draw);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length] as const;
  };
  const [uniformMean, uniformVariance] = moments(() => random.uniform());
  assert.ok(Math.abs(uniformMean - 1 / 2) < 0.01 && Math.abs(uniformVariance - 1 / 12) < 0.003);
  const [normalMean, normalVariance] = moments(() => random.normal());
  assert.ok(Math.abs(normalMean) < 0.03 && Math.abs(normalVariance - 1) < 0.04);
});

Deno.test("philox: a permutation holds every number once and depends on the seed", () => {
  const order = new Philox(5).permutation(100);
  assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  assert.notDeepEqual(order, new Philox(6).permutation(100));
});
