import assert from "node:assert/strict";
import { GrowingRows } from "../../../data/augmentation/growing_rows.ts";
import { oppositeMetricRows, substitutableMetricRows } from "../../../data/augmentation/metric_copies.ts";
import { widenScores } from "../../../data/augmentation/resampling.ts";
import {
  corruptions,
  type GrowingTables,
  misalignedNegatives,
  targetedNegatives,
  type TargetedOptions,
} from "../../../data/augmentation/targeted_negatives.ts";
import { Philox } from "../../../kernels/philox.ts";

const count = 300, metrics = 6, fields = 2, width = 8;
const rows = {
  text: Uint32Array.from({ length: count }, (_, i) => i),
  metric: Uint32Array.from({ length: count }, (_, i) => i % metrics),
  score: Float32Array.from({ length: count }, (_, i) => i % 10 === 0 ? 2 : 9),
};
const options = { seed: 3, metrics, sameText: rows.text, known: rows };
const related = new Map([[0, 1], [1, 0], [2, 5], [5, 2]]);
const relations = { opposite: related, substitute: new Map([[3, 4], [4, 3]]) };

function tables(): GrowingTables {
  const random = new Philox(5);
  const unit = (size: number) => {
    const row = Float32Array.from({ length: size }, () => random.normal());
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  };
  const many = (rows: number, make: () => Float32Array) =>
    Float32Array.from(Array.from({ length: rows }, make).flatMap((row) => [...row]));
  return {
    texts: new GrowingRows(many(count * fields, () => unit(width)), fields * width),
    fields,
    statistics: new GrowingRows(many(count, () => Float32Array.of(random.uniform(), 1)), 2),
    metrics: new GrowingRows(many(metrics, () => unit(width)), width),
  };
}

Deno.test("augmentation: an opposite metric has the score clip(round(N(11 - score, 1)), 1, 4)", () => {
  const { text, metric, score } = oppositeMetricRows(rows, { ...options, related, share: 1 });
  assert.equal(text.length, 4 * count / metrics);
  const high: number[] = [];
  text.forEach((row, i) => {
    assert.equal(metric[i], related.get(rows.metric[row]!));
    if (rows.score[row] === 9) high.push(score[i]!);
    else assert.equal(score[i], 4, "11 - 2 lies far above 4");
  });
  const share = (value: number) => high.filter((one) => one === value).length / high.length;
  // N(2, 1), rounded: below 1.5, 1.5 to 2.5, 2.5 to 3.5, above.
  for (const [value, expected] of [[1, 0.309], [2, 0.383], [3, 0.242], [4, 0.067]] as const) {
    assert.ok(Math.abs(share(value) - expected) < 0.09, `${value}: ${share(value)}`);
  }
  assert.equal(oppositeMetricRows(rows, { ...options, related, share: 0 }).text.length, 0);
});

Deno.test("augmentation: a substitutable metric copies low rows alone, at their score", () => {
  const { text, metric, score } = substitutableMetricRows(rows, { ...options, related, share: 1, highest: 5 });
  assert.ok(text.length > 0);
  text.forEach((row, i) => {
    assert.equal(rows.score[row], 2);
    assert.equal(score[i], 2);
    assert.equal(metric[i], related.get(rows.metric[row]!));
  });
});

Deno.test("augmentation: a text that occurs with the related metric is not copied with it", () => {
  const sameText = rows.text.map((i) => i % metrics < 2 ? i - i % metrics : i);
  const { metric } = oppositeMetricRows(rows, { ...options, sameText, related, share: 1 });
  assert.ok(metric.every((one) => one > 1), "0 and 1 occur with the same texts");
});

const targeted = (more: Partial<TargetedOptions> = {}) => {
  const all = {
    ...options,
    relations,
    tables: tables(),
    band: 0,
    count: 100,
    scores: [1, 3],
    severity: 1,
    ...more,
  } as const;
  return { made: targetedNegatives(rows, all), tables: all.tables };
};

Deno.test("augmentation: targeted negatives come in thirds, with whole scores of their band", () => {
  const { made } = targeted();
  assert.deepEqual(corruptions.map((kind) => made[kind].text.length), [34, 33, 33]);
  const scores = corruptions.flatMap((kind) => [...made[kind].score]);
  assert.deepEqual([...new Set(scores)].sort(), [1, 2, 3]);
});

Deno.test("augmentation: at full severity shuffled and swapped rows are pairs that do not occur, of rows that are there", () => {
  const { made: { shuffle, swap }, tables } = targeted({ count: 600 });
  for (const { text, metric } of [shuffle, swap]) {
    text.forEach((row, i) => assert.ok(row < count && metric[i]! < metrics && rows.metric[row] !== metric[i]));
  }
  assert.equal(tables.metrics.origins.length, 0);
  swap.text.forEach((row, i) => {
    assert.notEqual(relations.opposite.get(rows.metric[row]!), swap.metric[i], "an opposite is related");
    assert.notEqual(relations.substitute.get(rows.metric[row]!), swap.metric[i], "a substitute is related");
  });
});

const cosine = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));

Deno.test("augmentation: below full severity rows lie between two, at their length, with rows of statistics beside them", () => {
  const { made: { shuffle, noise, swap }, tables: { texts, statistics, metrics: metricRows } } = targeted({
    severity: 0.3,
  });
  const all = texts.joined();
  assert.equal(texts.origins.length, shuffle.text.length + noise.text.length);
  assert.deepEqual(statistics.origins, texts.origins);
  texts.origins.forEach((origin, i) => {
    for (let field = 0; field < fields; field++) {
      const at = (count + i) * fields + field, from = origin * fields + field;
      const made = all.subarray(at * width, (at + 1) * width), own = all.subarray(from * width, (from + 1) * width);
      assert.ok(Math.abs(Math.hypot(...made) - 1) < 1e-5);
      assert.ok(cosine(made, own) > 0.5 && cosine(made, own) < 0.999, `${cosine(made, own)}`);
    }
  });
  assert.equal(metricRows.origins.length, swap.metric.length);
  swap.text.forEach((row, i) => {
    assert.equal(rows.metric[row], metricRows.origins[swap.metric[i]! - metrics]);
  });
});

Deno.test("augmentation: a field that is absent stays absent", () => {
  const blank = tables();
  const data = blank.texts.joined().map((value, i) => i % (fields * width) < width ? 0 : value);
  const texts = new GrowingRows(data, fields * width);
  targeted({ severity: 0.5, tables: { ...blank, texts } });
  const all = texts.joined();
  assert.ok(texts.origins.length > 0);
  for (let row = count; row < count + texts.origins.length; row++) {
    const values = all.subarray(row * fields * width, (row + 1) * fields * width);
    assert.ok(
      values.subarray(0, width).every((value) => value === 0) && values.subarray(width).some((value) => value !== 0),
    );
  }
});

Deno.test("augmentation: misaligned rows keep their metrics under texts that do not occur with them", () => {
  const { text, metric, score } = misalignedNegatives(rows, { ...options, count, scores: [1, 6] });
  assert.equal(text.length, count);
  assert.deepEqual([...metric].sort(), [...rows.metric].sort(), "each row once, by its metric");
  text.forEach((row, i) => assert.ok(rows.metric[row] !== metric[i] && score[i]! >= 1 && score[i]! <= 6));
});

Deno.test("augmentation: drawing again widens the scores of every metric, and no row is drawn too often", () => {
  const made = widenScores(rows, { seed: 1, share: 0.4, mostCopies: 3 });
  for (let one = 0; one < metrics; one++) {
    const of = (from: typeof rows) => [...from.score].filter((_, i) => from.metric[i] === one);
    const low = (scores: number[]) => scores.filter((score) => score === 2).length / (scores.length || 1);
    assert.equal(of(made).length, 20);
    if (low(of(rows)) > 0) assert.ok(low(of(made)) > low(of(rows)) + 0.1);
  }
  const times = Map.groupBy(made.text, (text) => text);
  assert.ok([...times.values()].every((copies) => copies.length <= 3));
  made.text.forEach((row, i) => assert.deepEqual([made.metric[i], made.score[i]], [rows.metric[row], rows.score[row]]));
  assert.equal(widenScores(rows, { seed: 1, share: 10, mostCopies: 3 }).text.length, 3 * count, "no row is left");
});

Deno.test("augmentation: each stage repeats for a seed, and differs for another", () => {
  const stages = {
    opposite: (seed: number) => oppositeMetricRows(rows, { ...options, seed, related, share: 0.5 }),
    substitutable: (seed: number) =>
      substitutableMetricRows(rows, { ...options, seed, related, share: 0.5, highest: 9 }),
    misaligned: (seed: number) => misalignedNegatives(rows, { ...options, seed, count: 50, scores: [1, 6] }),
    resampled: (seed: number) => widenScores(rows, { seed, share: 0.5, mostCopies: 4 }),
    targeted(seed: number) {
      const { made, tables: { texts, metrics } } = targeted({ seed, severity: 0.4 });
      return { made, texts: texts.joined(), metrics: metrics.joined() };
    },
  };
  for (const [name, stage] of Object.entries(stages)) {
    assert.deepEqual(stage(1), stage(1), name);
    assert.notDeepEqual(stage(1), stage(2), name);
  }
  assert.notDeepEqual(targeted().made.swap, targeted({ band: 1 }).made.swap, "bands draw apart");
});
