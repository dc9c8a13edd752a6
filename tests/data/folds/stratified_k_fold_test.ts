import assert from "node:assert/strict";
import { MersenneTwister } from "../../../data/folds/mersenne_twister.ts";
import { stratifiedKFold } from "../../../data/folds/stratified_k_fold.ts";
import type { MetricRecord } from "../../../data/records.ts";
import { recipeNamed, settingsOf } from "../../../recipes/registry.ts";
import { bilinearDocumented } from "../../../recipes/bilinear/config.ts";
import { splitRecords } from "../../../runs/prepare/split_records.ts";

// Numbers of numpy 2.4.6 and scikit-learn 1.9.1.

Deno.test("mersenne twister: bits, after more than one twist, and shuffles are those of numpy's RandomState", () => {
  const bits = (seed: number, count: number) => {
    const random = new MersenneTwister(seed);
    return Array.from({ length: count }, () => random.bits());
  };
  assert.deepEqual(bits(42, 5), [1608637542, 3421126067, 4083286876, 787846414, 3143890026]);
  assert.deepEqual(bits(0, 2), [2357136044, 2546248239]);
  assert.deepEqual(bits(4294967295, 2), [419326371, 479346978]);
  assert.deepEqual([42, 0, 4294967295].map((seed) => bits(seed, 2000).at(-1)), [2238969328, 3856691381, 1762272365]);
  const values = Array.from({ length: 12 }, (_, i) => i);
  new MersenneTwister(7).shuffle(values);
  assert.deepEqual(values, [7, 10, 2, 5, 0, 1, 11, 8, 3, 6, 9, 4]);
});

const few = Array.from({ length: 61 }, (_, i) => i % 3 ? (i * i * 7 + 3 * i) % 11 : 9);
const many = Array.from({ length: 5000 }, (_, i) => i % 13 === 0 ? (i * i * 7 + 3 * i) % 11 : i % 4 === 1 ? 10 : 9);

Deno.test("stratified folds: those of scikit-learn's StratifiedKFold(5, shuffle=True, random_state=42), to the row", () => {
  const folds = stratifiedKFold(few, { folds: 5, seed: 42 });
  assert.deepEqual(folds.map(({ validation }) => [...validation]), [
    [0, 2, 4, 9, 17, 21, 22, 28, 32, 33, 34, 35, 42],
    [8, 11, 12, 13, 15, 16, 43, 48, 49, 50, 56, 60],
    [14, 18, 26, 36, 38, 40, 41, 44, 45, 51, 52, 53],
    [1, 6, 20, 23, 27, 30, 37, 46, 54, 55, 58, 59],
    [3, 5, 7, 10, 19, 24, 25, 29, 31, 39, 47, 57],
  ]);
  for (const { train, validation } of folds) {
    assert.deepEqual([...train, ...validation].sort((a, b) => a - b), [...few.keys()]);
  }
  const checksums = stratifiedKFold(many, { folds: 5, seed: 42 }).map(({ validation }) =>
    validation.reduce((sum, row, i) => sum + (i + 1) * row, 0) % 1_000_003
  );
  assert.deepEqual(checksums, [970622, 775709, 939934, 912166, 34245]);
});

Deno.test("stratified folds: scores that no fold can have one of each are refused", () => {
  assert.throws(
    () => stratifiedKFold([1, 2, 2], { folds: 3, seed: 1 }),
    /most frequent score has 2 records; at least 3, one a fold, are expected/,
  );
});

Deno.test("stratified folds: document 004's settings hold out fold 0 of them; 9.5 is dealt as a 9", () => {
  const records = few.map((score, i): MetricRecord => ({
    ...{ metric: "m", systemPrompt: null, userPrompt: "same", response: `answer ${i >> 1}`, extra: {} },
    score: i === 0 ? 9.5 : score,
  }));
  const settings = settingsOf(recipeNamed("bilinear"), bilinearDocumented.settings);
  assert.deepEqual(splitRecords(records, settings), stratifiedKFold(few, { folds: 5, seed: 42 })[0]);
  const pairs = records.map((record, i) => ({ ...record, score: null, pair: { number: i >> 1, chosen: i % 2 === 0 } }));
  assert.throws(() => splitRecords(pairs, settings), /data\.folding is scikit-learn, .* pairs of responses have none/);
  assert.throws(
    () => settingsOf(recipeNamed("bilinear"), { data: { folds: 5, folding: "scikit-learn", groupBy: "conversation" } }),
    /data\.groupBy is "conversation", but data\.folding scikit-learn keeps no groups together/,
  );
});
