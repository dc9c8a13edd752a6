import assert from "node:assert/strict";
import type { MetricRecord } from "../../data/records.ts";
import { scoreClass } from "../../data/scores.ts";
import { Philox } from "../../kernels/philox.ts";
import { groupNumbers, holdoutSplit, stratifiedFolds } from "../../data/split.ts";

/** Records of `texts` texts, each under two metrics; every fifth scores low. */
function records(texts: number): MetricRecord[] {
  return Array.from({ length: 2 * texts }, (_, i) => ({
    metric: `m${i % 2}`,
    systemPrompt: null,
    userPrompt: `question ${i >> 1}`,
    response: "answer",
    score: i % 5 === 0 ? 2 : 9,
    extra: { conversation: `c${Math.floor(i / 6)}` },
  }));
}

Deno.test("split: a text is on one side only, and every record is on one", () => {
  const all = records(100);
  const { train, validation } = holdoutSplit(all, { seed: 1, share: 0.2 });
  assert.deepEqual([...train, ...validation].sort((a, b) => a - b), all.map((_, i) => i));
  const texts = new Set(Array.from(train, (row) => all[row]!.userPrompt));
  assert.ok(Array.from(validation, (row) => all[row]!.userPrompt).every((text) => !texts.has(text)));
  assert.ok(Math.abs(validation.length - 40) <= 2, `${validation.length} of 200 are held out`);
});

Deno.test("split: scores are spread as evenly as groups allow", () => {
  const all = records(150);
  const { validation } = holdoutSplit(all, { seed: 3, share: 0.2 });
  const low = Array.from(validation).filter((row) => all[row]!.score === 2).length;
  assert.ok(Math.abs(low - 12) <= 1, `${low} of 60 low scores are held out`);
});

Deno.test("split: scores are spread evenly over groups of unequal size and scores too", () => {
  const random = new Philox(5);
  const all = Array.from({ length: 120 }, (_, group) => {
    const level = random.integer(8);
    return Array.from({ length: 4 + random.integer(20) }, () => ({
      ...records(1)[0]!,
      score: level + random.integer(3),
      extra: { conversation: group },
    }));
  }).flat();
  for (const seed of [1, 2, 3]) {
    const { validation } = holdoutSplit(all, { seed, share: 0.2, groupBy: "conversation" });
    for (let score = 0; score < 10; score++) {
      const total = all.filter((record) => record.score === score).length;
      const held = Array.from(validation).filter((row) => all[row]!.score === score).length;
      assert.ok(Math.abs(held - total / 5) <= 3, `${held} of ${total} rows of score ${score} are held out`);
    }
  }
});

Deno.test("split: groups of a field stay whole", () => {
  const all = records(90);
  const { train, validation } = holdoutSplit(all, { seed: 2, share: 0.25, groupBy: "conversation" });
  const groups = (rows: Uint32Array) => new Set(Array.from(rows, (row) => all[row]!.extra.conversation));
  assert.ok(groups(train).isDisjointFrom(groups(validation)));
});

Deno.test("split: the same seed gives the same sides, another seed others", () => {
  const all = records(60);
  const split = (seed: number) => holdoutSplit(all, { seed, share: 0.2 }).validation.join();
  assert.equal(split(7), split(7));
  assert.notEqual(split(7), split(8));
});

Deno.test("split: each record is held out by exactly one fold", () => {
  const all = records(53);
  const folds = stratifiedFolds(all, { seed: 42, folds: 5 });
  assert.deepEqual(folds.flatMap(({ validation }) => [...validation]).sort((a, b) => a - b), all.map((_, i) => i));
  for (const { train, validation } of folds) {
    assert.equal(train.length + validation.length, all.length);
    const low = Array.from(validation).filter((row) => all[row]!.score === 2).length;
    assert.ok(low >= 3 && low <= 6, `${low} of 22 low scores are in one of five folds`);
  }
});

Deno.test("split: no side is empty, however few groups there are", () => {
  const few = records(2).map((record) => ({ ...record, score: 9 }));
  const { train, validation } = holdoutSplit(few, { seed: 1, share: 0.2 });
  assert.deepEqual([train.length, validation.length], [2, 2]);
  for (const fold of stratifiedFolds(records(5), { seed: 1, folds: 5 })) assert.equal(fold.validation.length, 2);
});

Deno.test("split: one group, or a record without the field, is refused in a sentence", () => {
  const [one] = records(1);
  assert.throws(() => holdoutSplit([one!], { seed: 1, share: 0.2 }), /at least 2 different texts, but found 1\.$/);
  assert.throws(
    () => holdoutSplit([one!, { ...one!, extra: {} }], { seed: 1, share: 0.2, groupBy: "conversation" }),
    /^DataError: Record 2 has no field "conversation" to group by; the nearest one is "response"\.$/,
  );
  assert.throws(() => holdoutSplit(records(2), { seed: 1, share: 0.2, groupBy: "toString" }), /no field "toString"/);
});

Deno.test("split: 9.5 is of class 10", () => assert.deepEqual([9.49, 9.5, 0, 0.5].map(scoreClass), [9, 10, 0, 1]));

Deno.test("group numbers: records share one as they share a field's value, or else all their texts", () => {
  const all = records(6).slice(0, 6).map((one, i) => ({
    ...one,
    extra: { conversation: ["a", "b", "a", "c", "b", "a"][i]! },
  }));
  assert.deepEqual([...groupNumbers(all, "conversation")], [0, 1, 0, 2, 1, 0]);
  const other = { ...all[1]!, response: "another" };
  assert.deepEqual([...groupNumbers([all[0]!, other, all[0]!], null)], [0, 1, 0]);
});
