import assert from "node:assert/strict";
import { MetricTable } from "../../data/metric_table.ts";
import type { MetricRecord } from "../../data/records.ts";
import type { TextTable } from "../../data/text_layout.ts";
import { Philox } from "../../kernels/philox.ts";
import { EmbeddingModel } from "../../models/gate/embedding_model.ts";
import { clusterGroups } from "../../models/gate/cluster.ts";
import { FitGate } from "../../models/gate/fit_gate.ts";
import { metricCosines, standardized } from "../../models/gate/metric_likeness.ts";
import { scatterWithin, textVector } from "../../models/gate/scatter.ts";
import { WordEvidence } from "../../models/gate/word_evidence.ts";
import { misfitShare } from "../../models/shift/misfit_share.ts";
import type { Embeddings } from "../../models/training_data.ts";
import { unlikeMetrics } from "./gate_texts.ts";

const dimension = 6;

/** Texts of metrics that lie around places of their own, with a scatter that is wider along the first axis. */
function placed(count: number, metrics: number, { seed = 1, far = 2, placeOf = (metric: number) => metric } = {}) {
  const random = new Philox(seed);
  const places = Array.from(
    { length: metrics },
    () => Float64Array.from({ length: dimension }, () => far * random.normal()),
  );
  const metric = Uint32Array.from({ length: count }, () => random.integer(metrics));
  const data = new Float32Array(count * dimension);
  metric.forEach((one, i) =>
    places[placeOf(one)]!.forEach((place, j) => data[i * dimension + j] = place + (j === 0 ? 4 : 1) * random.normal())
  );
  const texts: TextTable = { data, fields: 1, dimension };
  return { texts, rows: { text: Uint32Array.from(metric.keys()), metric }, places, random };
}

Deno.test("text vector: the mean of the fields that are there", () => {
  const texts = { data: Float32Array.of(1, 2, 0, 0, 3, 6, 5, 5, 0, 0, 0, 0), fields: 3, dimension: 2 };
  assert.deepEqual([...textVector(texts, 0)], [2, 4]);
  assert.deepEqual([...textVector(texts, 1)], [5, 5]);
});

Deno.test("scatter: Ledoit and Wolf's estimate by its definition, around each metric's mean", () => {
  const { texts, rows } = placed(40, 3);
  const { factor } = scatterWithin(texts, rows, 3);
  const centered = [...rows.metric].map((metric, i) => {
    const own = [...rows.metric.keys()].filter((k) => rows.metric[k] === metric);
    return Array.from({ length: dimension }, (_, j) => {
      const mean = own.reduce((sum, k) => sum + texts.data[k * dimension + j]!, 0) / own.length;
      return texts.data[i * dimension + j]! - mean;
    });
  });
  const axes = [...Array(dimension).keys()], cells = axes.flatMap((a) => axes.map((b) => [a, b] as const));
  const s = (a: number, b: number) => centered.reduce((sum, x) => sum + x[a]! * x[b]!, 0) / 40;
  const unit = axes.reduce((sum, a) => sum + s(a, a), 0) / dimension;
  const distance = cells.reduce((sum, [a, b]) => sum + (s(a, b) - (a === b ? unit : 0)) ** 2, 0);
  const error = centered.reduce(
    (sum, x) => sum + cells.reduce((inner, [a, b]) => inner + (x[a]! * x[b]! - s(a, b)) ** 2, 0),
    0,
  ) / 40 ** 2;
  const drawn = error / distance;
  assert.ok(drawn > 0.02 && drawn < 0.9, `${drawn}`);
  for (const [a, b] of cells) {
    const wanted = ((1 - drawn) * s(a, b) + (a === b ? drawn * unit : 0)) * 40 / 37;
    const found = axes.reduce(
      (sum, k) => sum + (k <= Math.min(a, b) ? factor[a * dimension + k]! * factor[b * dimension + k]! : 0),
      0,
    );
    assert.ok(Math.abs(found - wanted) < 1e-9, `${a}, ${b}: ${found} against ${wanted}`);
  }
});

Deno.test("embedding model: with many texts its odds are those of the places that texts were drawn around", () => {
  const { texts, rows, places } = placed(6000, 4, { far: 0.7 });
  const model = EmbeddingModel.fit(texts, rows, unlikeMetrics(4), scatterWithin(texts, rows, 4));
  for (let record = 0; record < 50; record++) {
    const x = textVector(texts, record);
    const log = places.map((place) =>
      place.reduce((sum, value, j) => sum - (x[j]! - value) ** 2 / 2 / (j === 0 ? 16 : 1), 0)
    );
    const any = Math.log(log.reduce((sum, one) => sum + Math.exp(one) / 4, 0));
    model.logOdds(texts, record).forEach((one, m) =>
      // Places are drawn together a little by what is believed of them.
      assert.ok(
        Math.abs(one - (log[m]! - any)) < 0.2 + 0.1 * Math.abs(log[m]! - any),
        `record ${record}, metric ${m}: ${one}, ${log[m]! - any}`,
      )
    );
  }
});

Deno.test("embedding model: a metric with one text lies where the metrics with like embeddings lie", () => {
  const like: Embeddings = { data: Float32Array.of(1, 0, 0.99, 0.1, -1, 0, -0.99, 0.1), dimension: 2 };
  const { texts, rows } = placed(300, 4, { placeOf: (metric) => metric >> 1 });
  // All texts of metric 1 but the first are left out.
  const first = rows.metric.indexOf(1);
  const kept = [...rows.text].filter((i) => rows.metric[i] !== 1 || i === first);
  const few = { text: Uint32Array.from(kept), metric: Uint32Array.from(kept, (i) => rows.metric[i]!) };
  const model = EmbeddingModel.fit(texts, few, like, scatterWithin(texts, few, 4));
  const mean = (of: number, as: number) => {
    const own = [...rows.text].filter((i) => rows.metric[i] === of && i !== first);
    return own.reduce((sum, i) => sum + model.logOdds(texts, i)[as]!, 0) / own.length;
  };
  assert.ok(mean(1, 1) > 0.5 && mean(1, 1) > mean(1, 2) + 3 && mean(1, 1) > mean(1, 3) + 3);
});

/** A gate on records whose words say nothing; `low` of the train rows have another's metric, and a score of 1. */
function placedGate({ low = 0, count = 900 } = {}) {
  const { texts, rows, random } = placed(count + 200, 5, { seed: 3 });
  const records = Array.from(rows.text, (): MetricRecord => ({
    metric: "m",
    systemPrompt: null,
    userPrompt: `word${random.integer(30)} word${random.integer(30)}`,
    response: `word${random.integer(30)}`,
    score: null,
    extra: {},
  }));
  const part = (from: number, to: number, swaps = false) => ({
    text: rows.text.slice(from, to),
    metric: rows.metric.slice(from, to).map((one) => swaps ? (one + 1 + random.integer(4)) % 5 : one),
  });
  const train = part(0, count), score = new Float32Array(count).fill(9);
  for (let i = 0; i < low; i++) {
    train.metric[i] = (train.metric[i]! + 1) % 5;
    score[i] = 1;
  }
  // Low scores of rows that do fit.
  for (let i = low; i < low + 40; i++) score[i] = 3;
  const { gate, misfit } = FitGate.fit({
    records,
    texts,
    train: { ...train, score },
    validation: part(count, count + 100),
    mismatched: part(count, count + 100, true),
    metrics: unlikeMetrics(5),
  });
  const table = new MetricTable(["a", "b", "c", "d", "e"], unlikeMetrics(5).data, 5);
  const readings = gate.read({ records, texts });
  return {
    gate,
    misfit,
    table,
    readings,
    records,
    texts,
    test: (swaps: boolean) => part(count + 100, count + 200, swaps),
  };
}

Deno.test("gate: where words say nothing it goes by the embeddings, and keeps them in a file", () => {
  const { gate, table, readings, records, texts, test } = placedGate();
  assert.ok(gate.informative && gate.accuracy > 0.9, `${gate.accuracy}`);
  const rows = test(true), { odds } = gate.evidence(readings, rows, table);
  assert.ok(odds.filter((one) => one < 1).length > 75);
  const kept = FitGate.fromFile(gate.toFile(), "gate.safetensors");
  const again = kept.evidence(kept.read({ records, texts }), rows, table).odds;
  odds.forEach((one, row) => assert.ok(Math.abs(Math.log(one / again[row]!)) < 1e-3));
  assert.equal(
    misfitShare(kept, { odds, misfitScore: odds }, "auto"),
    misfitShare(kept, { odds, misfitScore: odds }, "em"),
  );
});

Deno.test("gate: it tells how many train rows do not fit from those with low scores, and what they score", () => {
  const { gate, misfit } = placedGate({ low: 30 });
  assert.ok(Math.abs(gate.trainShare - 30 / 900) < 0.012, `${gate.trainShare}`);
  assert.ok(Math.abs(gate.state.scores.mean - 1.2) < 0.4, `${gate.state.scores.mean}`);
  const called = (from: number, to: number) => misfit.subarray(from, to).filter((one) => one > 0.5).length;
  assert.ok(called(0, 30) > 22 && called(30, 70) < 8 && called(70, 900) === 0);
});

Deno.test("shift: odds that are off for held-out rows just as for the rows at hand do not move auto", () => {
  const { gate } = placedGate();
  // A fifth of the held-out odds speaks against records that fit, and so it does here.
  const off = Float64Array.from({ length: 500 }, (_, i) => i % 5 === 0 ? 0.01 : 2);
  const evidence = { odds: off, misfitScore: off };
  assert.ok(misfitShare(gate, evidence, "em") > 0.1);
  assert.equal(misfitShare(gate, evidence, "auto"), misfitShare(gate, evidence, "em"));
  const alike = Object.assign(Object.create(FitGate.prototype) as FitGate, gate, { heldOut: off.slice(0, 100) });
  assert.equal(misfitShare(alike, evidence, "auto"), gate.trainShare);
});

Deno.test("metric likeness: cosines around the mean embedding, and 0 everywhere where no pair is more alike", () => {
  const cosines = metricCosines({ data: Float32Array.of(3, 1, 3, -1, 1, 1, 1, -1), dimension: 2 });
  // Around (2, 0) they are (1, 1), (1, -1), (-1, 1) and (-1, -1).
  assert.deepEqual(cosines.map((row) => [...row].map((one) => Math.round(one * 1e6) / 1e6 + 0)), [
    [1, 0, 0, -1],
    [0, 1, -1, 0],
    [0, -1, 1, 0],
    [-1, 0, 0, 1],
  ]);
  const all = standardized(cosines).flatMap((row, a) => [...row].filter((_, b) => b !== a));
  assert.ok(Math.abs(all.reduce((sum, one) => sum + one, 0)) < 1e-9);
  assert.ok(Math.abs(all.reduce((sum, one) => sum + one ** 2, 0) - 12) < 1e-9);
  for (const row of standardized(metricCosines(unlikeMetrics(7)))) assert.ok(row.every((one) => one === 0));
});

Deno.test("clusters: likeness that is known besides decides where counts do not, and not where they do", () => {
  const evidence = new WordEvidence(), weight = new Float64Array(4).fill(1);
  const alike = [[0, 2, -2], [2, 0, -2], [-2, -2, 0]].map((row) => Float64Array.from(row));
  const flat = {
    counts: [0, 1, 2].map(() => Float64Array.of(1, 1, 1, 1)),
    expected: [0, 1, 2].map(() => new Float64Array(4).fill(1)),
  };
  assert.deepEqual([...clusterGroups(flat, evidence, weight, alike)], [0, 0, 1]);
  const clear = [[80, 0, 0, 10], [0, 0, 80, 10], [0, 0, 80, 10]].map((row) => Float64Array.from(row));
  const expected = clear.map(() => Float64Array.of(27, 0, 53, 10));
  assert.deepEqual([...clusterGroups({ counts: clear, expected }, evidence, weight, alike)], [0, 1, 1]);
});

Deno.test("gate: a file of before there were embeddings in it goes by the words", () => {
  const { gate, table, records, texts, test } = placedGate();
  const { tensors, metadata } = gate.toFile();
  const state = { ...JSON.parse(metadata.state!), calibration: { slope: 0.5, shift: 0.25 } };
  const kept = new Map([...tensors].filter(([name]) => !name.startsWith("place_") && name !== "held_out_odds"));
  const older = FitGate.fromFile({ tensors: kept, metadata: { ...metadata, state: JSON.stringify(state) } }, "old");
  const rows = test(false), readings = older.read({ records, texts });
  const { topicOf, shares } = older.experts.topics;
  older.evidence(readings, rows, table).odds.forEach((one, row) => {
    const topic = topicOf[rows.metric[row]!]!;
    const odds = readings[rows.text[row]!]!.topics[topic]! / shares[topic]!;
    assert.ok(Math.abs(Math.log(one) - (0.5 * Math.log(odds) + 0.25)) < 1e-9);
  });
});
