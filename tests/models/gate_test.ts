import assert from "node:assert/strict";
import { MetricTable } from "../../data/metric_table.ts";
import type { MetricRecord } from "../../data/records.ts";
import { generateSample } from "../../data/sample/generate.ts";
import { sampleMetrics } from "../../data/sample/write.ts";
import { Philox } from "../../kernels/philox.ts";
import { clusterGroups } from "../../models/gate/cluster.ts";
import { FitGate } from "../../models/gate/fit_gate.ts";
import { estimateMisfitShare, fitMisfitScores, misfitProbability, misfitScore } from "../../models/gate/mixture_fit.ts";
import { TopicModel } from "../../models/gate/topic_model.ts";
import { Corpus } from "../../models/gate/corpus.ts";
import { Languages } from "../../data/languages.ts";
import { countWords } from "../../models/gate/word_counts.ts";
import { WordEvidence } from "../../models/gate/word_evidence.ts";
import { misfitShare } from "../../models/shift/misfit_share.ts";
import { recordOf } from "../../models/prepare.ts";
import { blankTexts, unlikeMetrics } from "./gate_texts.ts";

const record = (response: string, metric = "m"): MetricRecord => ({
  metric,
  systemPrompt: null,
  userPrompt: "",
  response,
  score: null,
  extra: {},
});

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

/** Records of six metrics in three topics: 0 and 1, 2 and 3, 4 and 5. */
function planted(count: number): { records: MetricRecord[]; metric: number[] } {
  const random = new Philox(9);
  const pick = (stem: string, words: number) => `${stem}${random.integer(words)}`;
  const metric = Array.from({ length: count }, () => random.integer(6));
  const records = metric.map((one) =>
    record(
      Array.from({ length: 3 }, () => `${pick("any", 40)} ${pick(`topic${one >> 1}x`, 8)} ${pick("any", 40)}.`).join(
        " ",
      ),
    )
  );
  return { records, metric };
}

Deno.test("topics: metrics whose texts use words alike are united, others are not", () => {
  const { records, metric } = planted(400);
  const corpus = new Corpus(records), counts = countWords(corpus, [...records.keys()], metric, 6);
  assert.deepEqual([...clusterGroups(counts, new WordEvidence(), corpus.weight)], [0, 0, 1, 1, 2, 2]);
});

Deno.test("topics: the posterior finds a new text's topic, sums to 1, and is the prior for unknown words", () => {
  const { records, metric } = planted(400);
  const topics = TopicModel.fit(new Corpus(records), [...records.keys()], metric, 6);
  const posterior = topics.posterior(record("any1 topic1x3 any2. topic1x5 any7."));
  assert.ok(posterior[1]! > 0.98, `${posterior}`);
  assert.ok(Math.abs(posterior.reduce((a, b) => a + b) - 1) < 1e-12);
  const unknown = topics.posterior(record("never seen before"));
  unknown.forEach((share, t) => assert.ok(Math.abs(share - topics.shares[t]!) < 1e-12));
});

Deno.test("misfit share: the share that was planted is found from odds", () => {
  const random = new Philox(2);
  // Two classes told apart by a normal number at -1 and 1, whose odds are exp(2 x).
  const odds = Float64Array.from(
    { length: 20_000 },
    () => Math.exp(2 * (random.normal() + (random.uniform() < 0.3 ? -1 : 1))),
  );
  const share = estimateMisfitShare(odds);
  assert.ok(Math.abs(share - 0.3) < 0.015, `${share}`);
  assert.equal(misfitProbability(1, 0.3), 0.3);
});

Deno.test("misfit scores: general knowledge without rows, the line through many", () => {
  assert.equal(misfitScore(fitMisfitScores([], [], []), 0.7), 1.75);
  const near = Float64Array.from({ length: 400 }, (_, i) => i % 2), ones = near.map(() => 1);
  const line = fitMisfitScores(near, near.map((x) => 1 + 2 * x), ones);
  assert.ok(Math.abs(misfitScore(line, 0) - 1) < 0.05 && Math.abs(misfitScore(line, 1) - 3) < 0.05);
});

/** A gate on part of the sample set, and its evidence of test rows. */
async function sampleGate() {
  const { train, trainScores, test, testScores } = generateSample(3, { trainRows: 3600, testRows: 400 });
  const records = train.map(recordOf), tests = test.map(recordOf);
  const metrics = await sampleMetrics();
  const random = new Philox(4);
  const metric = Uint32Array.from(records, (one) => metrics.indexOf(one.metric, "the sample"));
  const rows = (from: number, to: number) => {
    const text = Uint32Array.from({ length: to - from }, (_, i) => from + i);
    return { text, metric: metric.slice(from, to), score: trainScores.slice(from, to) };
  };
  const validation = rows(3200, 3600);
  const mismatched = { ...validation, metric: validation.metric.map(() => random.integer(145)) };
  const { gate, misfit } = FitGate.fit({
    records,
    texts: blankTexts(records.length),
    train: rows(0, 3200),
    validation,
    mismatched,
    metrics: unlikeMetrics(145),
  });
  const testRows = {
    text: Uint32Array.from(tests.keys()),
    metric: Uint32Array.from(tests, (one) => metrics.indexOf(one.metric, "the sample")),
  };
  return {
    gate,
    misfit,
    metrics,
    tests,
    testRows,
    testScores,
    evidence: gate.evidence(gate.read({ records: tests, texts: blankTexts(400) }), testRows, metrics),
  };
}

Deno.test("gate: on the sample set it finds the share that does not fit, is far ahead of any constant, and keeps in a file", async () => {
  const { gate, misfit, metrics, tests, testRows, evidence, testScores } = await sampleGate();
  assert.ok(gate.informative && gate.accuracy > 0.9, `accuracy ${gate.accuracy}`);
  assert.ok(misfit.filter((one) => one > 0.5).length < 60, "few train rows are held for misfits");
  const share = estimateMisfitShare(evidence.odds);
  assert.ok(Math.abs(share - 0.4) < 0.12, `share ${share}`);
  const mixed = gate.mix(new Float32Array(400).fill(9.1), evidence, share);
  const rmse = (of: (row: number) => number) =>
    Math.sqrt(testScores.reduce((sum, score, row) => sum + (of(row) - score) ** 2, 0) / testScores.length);
  const mean = testScores.reduce((a, b) => a + b) / testScores.length;
  const [ours, constant] = [rmse((row) => mixed[row]!), rmse(() => mean)];
  assert.ok(ours < 0.65 * constant, `${ours} against ${constant}`);

  const { tensors, metadata } = gate.toFile();
  const kept = FitGate.fromFile({ tensors, metadata }, "gate.safetensors");
  const again = kept.evidence(kept.read({ records: tests, texts: blankTexts(400) }), testRows, metrics);
  again.odds.forEach((odds, row) =>
    assert.ok(Math.abs(Math.log(odds) - Math.log(evidence.odds[row]!)) < 1e-3, `row ${row}`)
  );
  assert.throws(() => FitGate.fromFile({ tensors: new Map(), metadata: {} }, "gate.safetensors"), {
    name: "DataError",
  });
});

Deno.test("gate: texts that say nothing of their metric make it stand aside", () => {
  const random = new Philox(6);
  const records = Array.from({ length: 300 }, () => record(`word${random.integer(30)} word${random.integer(30)}.`));
  const rows = (from: number, to: number) => ({
    text: Uint32Array.from({ length: to - from }, (_, i) => from + i),
    metric: Uint32Array.from({ length: to - from }, () => random.integer(5)),
    score: new Float32Array(to - from).fill(9),
  });
  const { gate } = FitGate.fit({
    records,
    texts: blankTexts(records.length),
    train: rows(0, 200),
    validation: rows(200, 300),
    mismatched: rows(200, 300),
    metrics: unlikeMetrics(5),
  });
  assert.equal(gate.informative, false);
});

Deno.test("gate: a metric added after training counts as the one with the nearest embedding", () => {
  const { records, metric } = planted(400);
  const rows = { text: Uint32Array.from(records.keys()), metric: Uint32Array.from(metric) };
  const score = new Float32Array(400).fill(9);
  const { gate } = FitGate.fit({
    records,
    texts: blankTexts(400),
    train: { ...rows, score },
    validation: rows,
    mismatched: null,
    metrics: unlikeMetrics(6),
  });
  const embeddings = Float32Array.from([1, 0, 0.9, 0.1, 0, 1, 0.1, 0.9, -1, 0, -0.9, -0.1, 0.05, 1]);
  const table = new MetricTable(["a", "b", "c", "d", "e", "f", "new"], embeddings, 2);
  const added = { text: Uint32Array.of(0), metric: Uint32Array.of(6) }, like = { ...added, metric: Uint32Array.of(2) };
  const readings = gate.read({ records: records.slice(0, 1), texts: blankTexts(1) });
  assert.deepEqual(gate.evidence(readings, added, table), gate.evidence(readings, like, table));
});

Deno.test("shift: auto takes the estimated share where the rows call for it, and the train share where they do not", () => {
  const { records, metric } = planted(400);
  const rows = { text: Uint32Array.from(records.keys()), metric: Uint32Array.from(metric) };
  const { gate } = FitGate.fit({
    records,
    texts: blankTexts(records.length),
    train: { ...rows, score: new Float32Array(400).fill(9) },
    validation: rows,
    mismatched: { ...rows, metric: rows.metric.map((one) => (one + 2) % 6) },
    metrics: unlikeMetrics(6),
  });
  const evidence = (odds: number[]) => ({ odds: Float64Array.from(odds), misfitScore: new Float64Array(odds.length) });
  const fitting = evidence(Array.from({ length: 100 }, (_, i) => i % 25 === 0 ? 0.9 : 3));
  const mixed = evidence(Array.from({ length: 100 }, (_, i) => i % 2 === 0 ? 0.01 : 3));
  assert.equal(misfitShare(gate, fitting, "auto"), gate.trainShare);
  assert.equal(misfitShare(gate, mixed, "none"), gate.trainShare);
  assert.equal(misfitShare(gate, mixed, "auto"), misfitShare(gate, mixed, "em"));
  assert.ok(Math.abs(misfitShare(gate, mixed, "em") - 0.5) < 0.3);
  assert.ok(Math.abs(misfitShare(gate, mixed, "bbse") - 0.5) < 0.2, `${misfitShare(gate, mixed, "bbse")}`);
  assert.ok(misfitShare(gate, evidence(new Array(10).fill(3)), "bbse") < 0.1);
  assert.ok(misfitShare(gate, evidence(new Array(10).fill(0.1)), "bbse") > 0.9);
  const older = FitGate.fromFile(withoutCalls(gate.toFile()), "gate.safetensors");
  assert.throws(() => misfitShare(older, mixed, "bbse"), { name: "DataError", message: /train it again/ });
});

/** The file of a gate of before calls were counted. */
function withoutCalls({ tensors, metadata }: ReturnType<FitGate["toFile"]>) {
  const { called: _, ...state } = JSON.parse(metadata.state!);
  return { tensors, metadata: { ...metadata, state: JSON.stringify(state) } };
}

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

Deno.test("gate: counted again in the same rows it is the same, in more rows its topics and its trust stay", () => {
  const { records, metric } = planted(400), texts = blankTexts(400);
  const rows = (count: number) => ({
    text: Uint32Array.from({ length: count }, (_, i) => i),
    metric: Uint32Array.from(metric.slice(0, count)),
    score: new Float32Array(count).fill(9),
  });
  const { gate } = FitGate.fit({
    records,
    texts,
    train: rows(300),
    validation: rows(300),
    mismatched: null,
    metrics: unlikeMetrics(6),
  });
  assert.deepEqual(gate.recount({ records, texts }, rows(300), unlikeMetrics(6)).toFile(), gate.toFile());
  const more = gate.recount({ records, texts }, rows(400), unlikeMetrics(6));
  assert.deepEqual(more.experts.topics.topicOf, gate.experts.topics.topicOf);
  assert.deepEqual(more.state, gate.state);
  assert.notDeepEqual(more.toFile().tensors, gate.toFile().tensors);
});
