import assert from "node:assert/strict";
import { Languages } from "../../../data/texts/languages.ts";
import { Philox } from "../../../kernels/philox.ts";
import { clusterMetrics, likenessOf } from "../../../scoring/fit/cluster_metrics.ts";
import { Corpus } from "../../../scoring/fit/corpus.ts";
import { TopicModel } from "../../../scoring/fit/topics.ts";
import { WordEvidence } from "../../../scoring/fit/word_evidence.ts";
import { recordOf } from "./planted.ts";

Deno.test("word evidence: a count that was expected is no evidence, a far greater one is, and so is its lack", () => {
  const evidence = new WordEvidence();
  assert.ok(Math.abs(evidence.logRatio(20, 20)) < 0.02);
  assert.ok(Math.abs(evidence.logRatio(20, 1) - Math.log(20)) < 0.1);
  assert.ok(evidence.logRatio(0, 20) < -2);
  assert.ok(evidence.logMarginal(20, 1) > 20 && evidence.logMarginal(20, 20) < 0);
  // One sighting of a rare word says little.
  assert.ok(evidence.logRatio(1, 0.5) < 0.1);
});

Deno.test("word evidence: the marginal likelihood of all counts, each by its Poisson probability, sums to 1", () => {
  const evidence = new WordEvidence({ share: 0.3, shape: 2, rate: 1.5 });
  const expected = 1.7;
  let sum = 0, poisson = Math.exp(-expected);
  for (let count = 0; count < 200; count++) {
    sum += poisson * Math.exp(evidence.logMarginal(count, expected));
    poisson *= expected / (count + 1);
  }
  assert.ok(Math.abs(sum - 1) < 1e-9, `${sum}`);
});

Deno.test("word evidence: its table is close to what it tabulates, and ends where counts are great", () => {
  const evidence = new WordEvidence(), random = new Philox(3);
  for (let i = 0; i < 2000; i++) {
    const count = random.integer(45), expected = 200 * random.uniform() ** 6;
    const found = evidence.fastLogMarginal(count, expected), wanted = evidence.logMarginal(count, expected);
    assert.ok(Math.abs(found - wanted) < 2e-4 * (1 + count), `${count} of ${expected}: ${found}, ${wanted}`);
  }
});

/** Records of six metrics in three topics: 0 and 1, 2 and 3, 4 and 5. */
function planted(count: number) {
  const random = new Philox(9);
  const pick = (stem: string, words: number) => `${stem}${random.integer(words)}`;
  const metric = Array.from({ length: count }, () => random.integer(6));
  const sentence = (topic: number) => `${pick("any", 40)} ${pick(`topic${topic}x`, 8)} ${pick("any", 40)}.`;
  const records = metric.map((one) => recordOf(Array.from({ length: 3 }, () => sentence(one >> 1)).join(" ")));
  return { records, metric };
}

Deno.test("topics: metrics whose texts use words alike are united, others are not", async () => {
  const { records, metric } = planted(400);
  const corpus = await Corpus.of(records), counts = corpus.count([...records.keys()], metric, 6);
  assert.deepEqual([...clusterMetrics(counts, new WordEvidence(), corpus.weight)], [0, 0, 1, 1, 2, 2]);
});

Deno.test("topics: the posterior finds a new text's topic, sums to 1, and is the prior for unknown words", async () => {
  const { records, metric } = planted(400);
  const topics = TopicModel.fit(await Corpus.of(records), [...records.keys()], metric, 6);
  const posterior = topics.posterior(recordOf("any1 topic1x3 any2. topic1x5 any7."));
  assert.ok(posterior[1]! > 0.98, `${posterior}`);
  assert.ok(Math.abs(posterior.reduce((a, b) => a + b) - 1) < 1e-12);
  const unknown = topics.posterior(recordOf("never seen before"));
  unknown.forEach((share, t) => assert.ok(Math.abs(share - topics.shares[t]!) < 1e-12));
});

Deno.test("corpus: words that always stand together count as one, others each", async () => {
  const random = new Philox(3), pair = () => `alone${random.integer(40)}`;
  const records = Array.from({ length: 400 }, (_, i) => recordOf(i % 4 === 0 ? "set phrase of five" : pair()));
  const { vocabulary, weight } = await Corpus.of(records);
  vocabulary.words.forEach((word, i) => {
    const wanted = word.startsWith("alone") ? 1 : 0.25;
    assert.ok(Math.abs(weight[i]! - wanted) < 0.01, `${word}: ${weight[i]}`);
  });
});

Deno.test("metric likeness: cosines around their mean, in units of how much they differ; 0 where none is closer", () => {
  const likeness = likenessOf([[1, 0], [0.8, 0.6], [-1, 0]].map((one) => Float64Array.from(one)));
  const all = likeness.flatMap((row, a) => [...row].filter((_, b) => b !== a));
  assert.ok(Math.abs(all.reduce((sum, one) => sum + one, 0)) < 1e-9);
  assert.ok(Math.abs(all.reduce((sum, one) => sum + one ** 2, 0) - 6) < 1e-9);
  assert.ok(likeness[0]![1]! > 1 && likeness[0]![2]! < -0.5);
  const unlike = Array.from({ length: 7 }, (_, m) => Float64Array.from({ length: 7 }, (_, k) => m === k ? 1 : 0));
  for (const row of likenessOf(unlike)) assert.ok(row.every((one) => one === 0));
});

Deno.test("clusters: likeness that is known besides decides where counts do not, and not where they do", () => {
  const evidence = new WordEvidence(), weight = new Float64Array(4).fill(1);
  const alike = [[0, 2, -2], [2, 0, -2], [-2, -2, 0]].map((row) => Float64Array.from(row));
  const flat = {
    counts: [0, 1, 2].map(() => Float64Array.of(1, 1, 1, 1)),
    expected: [0, 1, 2].map(() => new Float64Array(4).fill(1)),
  };
  assert.deepEqual([...clusterMetrics(flat, evidence, weight, alike)], [0, 0, 1]);
  const clear = [[80, 0, 0, 10], [0, 0, 80, 10], [0, 0, 80, 10]].map((row) => Float64Array.from(row));
  const expected = clear.map(() => Float64Array.of(27, 0, 53, 10));
  assert.deepEqual([...clusterMetrics({ counts: clear, expected }, evidence, weight, alike)], [0, 1, 1]);
});

Deno.test("languages: texts of two are told apart by words alone, with words in common, and topics of one are not", () => {
  const random = new Philox(12);
  // Words 0 to 29 are one language's, 30 to 59 the other's, 60 to 69 both have; 70 to 89 are two topics, ten words each.
  const draw = (from: number, count: number, of: number) =>
    Array.from({ length: of }, () => from + random.integer(count));
  const texts = Array.from({ length: 600 }, (_, i) => {
    const language = i % 3 === 0 ? 1 : 0;
    return [...new Set([...draw(30 * language, 30, 12), ...draw(60, 10, 2), ...draw(70 + 10 * (i % 2), 10, 3)])];
  });
  const languages = new Languages(texts, 90);
  assert.equal(languages.count, 2);
  const first = languages.of([3, 4, 61]), second = languages.of([33, 34, 61]);
  assert.notEqual(first, second);
  texts.forEach((text, i) => assert.equal(languages.of(text), i % 3 === 0 ? second : first));
});
