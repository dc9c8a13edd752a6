import assert from "node:assert/strict";
import type { TextTable } from "../../../data/texts/text_layout.ts";
import { Philox } from "../../../kernels/philox.ts";
import { ClassMeans } from "../../../scoring/fit/class_means.ts";
import { metricDirections, MetricRidge, ridgeEvidence } from "../../../scoring/fit/metric_ridge.ts";
import { textVector, TextVectors } from "../../../scoring/fit/text_vectors.ts";
import { plantTexts, unlikeMetrics } from "./planted.ts";

const dimension = 6;

/** Texts of metrics that lie around means of their own, with a covariance that is wider along the first axis. */
function placed(count: number, metrics: number, { far = 2, meanOf = (metric: number) => metric } = {}) {
  const random = new Philox(1);
  const means = Array.from(
    { length: metrics },
    () => Float64Array.from({ length: dimension }, () => far * random.normal()),
  );
  const metric = Uint32Array.from({ length: count }, () => random.integer(metrics));
  const data = new Float32Array(count * dimension);
  metric.forEach((one, i) =>
    means[meanOf(one)]!.forEach((mean, j) => data[i * dimension + j] = mean + (j === 0 ? 4 : 1) * random.normal())
  );
  const texts: TextTable = { data, fields: 1, dimension };
  return { texts, metric, means };
}

const directionsOf = (metrics: number) => {
  const { embeddings: data, dimension } = unlikeMetrics(metrics);
  return metricDirections({ data, dimension }, new Float64Array(dimension));
};

Deno.test("text vectors: the mean of the fields that are there, around the mean of the rows, and products without rows", async () => {
  const texts = { data: Float32Array.of(1, 2, 0, 0, 3, 6, 5, 5, 0, 0, 0, 0), fields: 3, dimension: 2 };
  assert.deepEqual([...textVector(texts, 0)], [2, 4]);
  assert.deepEqual([...textVector(texts, 1)], [5, 5]);
  const two = await TextVectors.of(texts, [0, 1]);
  assert.deepEqual([[...two.center], [...two.x.data]], [[3.5, 4.5], [-1.5, -0.5, 1.5, 0.5]]);
  assert.deepEqual([two.gram[0], two.gram[2], two.gram[3], two.variance], [4.5, 1.5, 0.5, 2.5]);
  assert.deepEqual([...await two.gramWithout([1])].filter((_, at) => at !== 1), [2.25, 0.75, 0.25]);
  assert.deepEqual([...two.sums([1, 1], 2, new Set([0])).data], [0, 0, 1.5, 0.5]);
});

Deno.test("class means: metrics of one text each are fitted too", async () => {
  const { texts } = placed(40, 4), own = Uint32Array.from({ length: 40 }, (_, i) => i);
  const model = ClassMeans.fit(await TextVectors.of(texts, own), own, directionsOf(40), 40);
  assert.ok(model.weights.every(Number.isFinite) && model.offsets.every(Number.isFinite));
});

Deno.test("class means: with many texts the evidence is that of the means that texts were drawn around", async () => {
  const { texts, metric, means } = placed(6000, 4, { far: 0.7 });
  const model = ClassMeans.fit(await TextVectors.of(texts, metric.map((_, i) => i)), metric, directionsOf(4), 4);
  for (let record = 0; record < 50; record++) {
    const x = textVector(texts, record);
    const log = means.map((mean) =>
      mean.reduce((sum, value, j) => sum - (x[j]! - value) ** 2 / 2 / (j === 0 ? 16 : 1), 0)
    );
    const any = Math.log(log.reduce((sum, one) => sum + Math.exp(one) / 4, 0));
    model.evidence(x).forEach((one, m) =>
      assert.ok(
        Math.abs(one - (log[m]! - any)) < 0.2 + 0.1 * Math.abs(log[m]! - any),
        `record ${record}, metric ${m}: ${one}, ${log[m]! - any}`,
      )
    );
  }
});

Deno.test("class means: one of few texts is drawn towards those of metrics with like embeddings; metrics without texts have none", async () => {
  const { texts, metric } = placed(300, 4, { meanOf: (one) => one >> 1 });
  const directions = metricDirections(
    { data: Float32Array.of(1, 0, 0.99, 0.1, -1, 0, -0.99, 0.1), dimension: 2 },
    new Float64Array(2),
  );
  const first = metric.indexOf(1), kept = [...metric.keys()].filter((i) => metric[i] !== 1 || i === first);
  const few = kept.map((i) => metric[i]!);
  const vectors = await TextVectors.of(texts, kept), model = ClassMeans.fit(vectors, few, directions, 4);
  const others = [...metric.keys()].filter((i) => metric[i] === 1 && i !== first);
  const mean = (as: number) =>
    others.reduce((sum, i) => sum + model.evidence(textVector(texts, i))[as]!, 0) / others.length;
  assert.ok(mean(1) > 0.3 && mean(1) > mean(2) + 2 && mean(1) > mean(3) + 2, `${[1, 2, 3].map(mean)}`);
  const without = ClassMeans.fit(vectors, few, directions, 4, [few.indexOf(1)]);
  assert.equal(without.evidence(textVector(texts, 0))[1], -Infinity);
});

Deno.test("ridge: weights solve the penalised equations, and the mean ratio over the metrics of training is 1", async () => {
  const { texts, table, train } = plantTexts({ metrics: 5, dimension: 4, sizes: [60, 0, 0] });
  const directions = metricDirections({ data: table.embeddings, dimension: 4 }, new Float64Array(4));
  const vectors = await TextVectors.of(texts, train.text),
    model = await MetricRidge.fit(vectors, train.metric, directions, 5);
  const sums = vectors.sums(train.metric, 5).data;
  for (let m = 0; m < 5; m++) {
    const weight = model.weights.subarray(4 * m, 4 * m + 4);
    for (let i = 0; i < 4; i++) {
      let product = 5 * vectors.variance * weight[i]!;
      for (let j = 0; j < 4; j++) product += vectors.gram[4 * Math.max(i, j) + Math.min(i, j)]! * weight[j]!;
      assert.ok(Math.abs(product - sums[4 * m + i]!) < 1e-4, `${m}, ${i}`);
    }
  }
  const prediction = model.predict(textVector(texts, 3));
  let mean = 0;
  for (let m = 0; m < 5; m++) {
    mean += model.shares[m]! * Math.exp(ridgeEvidence(prediction, directions.subarray(4 * m, 4 * m + 4)));
  }
  assert.ok(Math.abs(mean - 1) < 1e-6, `${mean}`);
});

Deno.test("ridge: fitted without rows it is what it is on the others alone, but for the center", async () => {
  const { texts, table, train } = plantTexts({ metrics: 6, dimension: 5, sizes: [400, 0, 0] });
  const directions = metricDirections({ data: table.embeddings, dimension: 5 }, new Float64Array(5));
  const left = [...train.metric.keys()].filter((i) => train.metric[i]! < 2);
  const vectors = await TextVectors.of(texts, train.text),
    model = await MetricRidge.fit(vectors, train.metric, directions, 6, left);
  assert.deepEqual([...model.shares.subarray(0, 2), ...model.weights.subarray(0, 10)], new Array(12).fill(0));
  // A metric that was left out is found by the direction of its embedding.
  const own = left.filter((i) => {
    const said = model.predict(textVector(texts, i)), of = (m: number) => directions.subarray(5 * m, 5 * m + 5);
    return ridgeEvidence(said, of(train.metric[i]!)) > ridgeEvidence(said, of(1 - train.metric[i]!));
  });
  assert.ok(own.length > 0.8 * left.length, `${own.length} of ${left.length}`);
});

Deno.test("ridge: without any texts, or embeddings that differ, there is no evidence", async () => {
  const texts = { data: new Float32Array(40), fields: 1, dimension: 4 }, rows = Array.from({ length: 10 }, (_, i) => i);
  const model = await MetricRidge.fit(await TextVectors.of(texts, rows), rows.map((i) => i % 2), directionsOf(2), 2);
  assert.equal(ridgeEvidence(model.predict(new Float64Array(4)), Float64Array.of(1, 0)), 0);
});
