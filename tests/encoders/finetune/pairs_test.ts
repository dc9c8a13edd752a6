import assert from "node:assert/strict";
import type { MetricRecord } from "../../../data/records.ts";
import { rowsOf } from "../../../encoders/finetune/batch_rows.ts";
import { PairSource } from "../../../encoders/finetune/pairs.ts";
import { recallOf, uniformityOf } from "../../../encoders/finetune/quality.ts";
import { TextPool } from "../../../encoders/finetune/text_pool.ts";

const record = (metric: string, response: string, score: number | null): MetricRecord => ({
  ...{ metric, response, score, systemPrompt: null, userPrompt: "", extra: {} },
});
const records = [
  ...["a", "b", "c"].map((text) => record("clarity", text, 9)),
  ...["d", "e", "a"].map((text) => record("safety", text, 8)),
  record("clarity", "d", 3),
  ...["f", "g"].map((text) => record("tone", text, null)),
];
const definitions = new Map([["clarity", "is clear"], ["safety", "is safe"], ["style", "has style"]]);
const pool = new TextPool(records, { field: "response", highScore: 8, definitions, seed: 1 });
const settings = { batch: 4, seed: 3, pairs: "auto" } as const;

Deno.test("pairs: positives fit the anchor or its metric, negatives do not, and each epoch draws anew", () => {
  const source = new PairSource(pool, settings);
  assert.deepEqual(source.kinds.map((kind) => [kind, source.count(kind)]), [
    ["texts", 7],
    ["metrics", 6],
    ["definitions", 6],
  ]);
  const seen = { texts: 0, metrics: 0, definitions: 0 };
  for (const { kind, pairs } of source.batches(0)) {
    seen[kind] += pairs.length;
    for (const { anchor, positive, negative, fits } of pairs) {
      assert.ok(fits(positive) && fits(anchor) === (kind !== "definitions"));
      assert.ok(negative !== null && !fits(negative));
      if (kind === "texts") assert.equal(positive, anchor);
      if (kind === "metrics") {
        assert.notEqual(positive, anchor);
        assert.ok(["clarity", "safety"].some((metric) => pool.fits(anchor, metric) && pool.fits(positive, metric)));
      }
      if (kind === "definitions") {
        const [name] = [...definitions].find(([, text]) => text === positive)!;
        assert.ok(pool.fits(anchor, name));
        assert.ok([...definitions.values()].includes(negative));
      }
    }
  }
  assert.deepEqual(seen, { texts: 7, metrics: 6, definitions: 6 });
  const words = (epoch: number) => JSON.stringify(source.batches(epoch));
  assert.equal(words(1), words(1));
  assert.notEqual(words(0), words(1));
});

Deno.test("pairs: no text counts as a negative of what it fits, and only views of one text are encoded twice", () => {
  const [batch] = new PairSource(pool, { ...settings, pairs: "definitions", batch: 6 }).batches(0);
  const { texts, anchors, positives, negatives, leftOut } = rowsOf(batch!, "mnr");
  assert.equal(new Set(texts).size, texts.length);
  const candidates = [...positives, ...negatives.map(({ row }) => row)];
  batch!.pairs.forEach(({ anchor }, i) => {
    assert.equal(texts[anchors[i]!], anchor);
    candidates.forEach((row, j) => {
      const [name] = [...definitions].find(([, text]) => text === texts[row])!;
      assert.equal(leftOut[i * candidates.length + j], j !== i && pool.fits(anchor, name) ? 1 : 0);
    });
  });
  const [views] = new PairSource(pool, { ...settings, pairs: "texts", batch: 7 }).batches(0);
  const twice = rowsOf(views!, "mnr");
  assert.equal(twice.texts.length, 14);
  assert.equal(twice.negatives.length, 0);
  assert.ok(!twice.withoutNegatives && !twice.leftOut.includes(1));
});

Deno.test("pairs: a batch whose texts all fit each other has no negatives", () => {
  const one = new TextPool(records, {
    field: "response",
    highScore: 8,
    definitions: new Map([["clarity", "x"]]),
    seed: 1,
  });
  const [batch] = new PairSource(one, { ...settings, pairs: "definitions" }).batches(0);
  assert.ok(rowsOf(batch!, "mnr").withoutNegatives);
});

Deno.test("pairs: what the data do not give is refused in a sentence", () => {
  const bare = new TextPool(records.slice(-2), { field: "response", highScore: 8, definitions: null, seed: 1 });
  assert.throws(() => new PairSource(bare, { ...settings, pairs: "metrics" }), /no pairs of metrics: .* are expected/);
  assert.throws(() => new PairSource(bare, { ...settings, pairs: "definitions" }), /--metric-definitions is expected/);
  assert.throws(
    () => new TextPool(records, { field: "system_prompt", highScore: 8, definitions: null, seed: 1 }),
    /hold no text of system_prompt; at least two different ones/,
  );
});

Deno.test("quality: uniformity and recall are those found by hand", () => {
  const rows = [[1, 0], [0, 1], [-1, 0]].map((row) => Float32Array.from(row));
  const expected = Math.log((2 * Math.exp(-4) + Math.exp(-8)) / 3);
  assert.ok(Math.abs(uniformityOf(rows) - expected) < 1e-6);
  // Safety is the nearer one to "a", but "a" fits it as well: it is no rival. "b" does not fit it.
  const fits = [{ text: "a", metric: "clarity" }, { text: "b", metric: "clarity" }];
  const similarity = (_: string, name: string) => ({ clarity: 0.5, safety: 0.9, style: 0.1 })[name]!;
  assert.deepEqual(recallOf(fits, [...definitions.keys()], pool, similarity), { at1: 0.5, at5: 1 });
});
