import assert from "node:assert/strict";
import type { MetricRecord } from "../../data/records.ts";
import { Philox } from "../../kernels/philox.ts";
import { calibrate, fitCalibration, meanLoss, pairAccuracy } from "../../models/gate/calibration.ts";
import { FitGate } from "../../models/gate/fit_gate.ts";
import { estimateMisfitShare } from "../../models/gate/mixture_fit.ts";
import { wordWeights } from "../../models/gate/word_weights.ts";
import { blankTexts, unlikeMetrics } from "./gate_texts.ts";

/** What a set of records is made of. */
interface Kind {
  readonly records: number;
  readonly metrics: number;
  readonly topics: number;
  readonly sentences: number;
  /** Part of the sentences that are about the topic; the others are set phrases, the same for all. */
  readonly about: number;
}

/** Records in words of no language: topics have words of their own among common ones, and set phrases of eight words recur. */
function written({ records, metrics, topics, sentences, about }: Kind, seed: number) {
  const random = new Philox(seed);
  const topicOf = Array.from({ length: metrics }, (_, metric) => metric % topics);
  // The first words of a list are the most frequent.
  const word = (stem: string, count: number) => `${stem}${Math.floor(count ** random.uniform()) - 1}`;
  const phrases = Array.from({ length: 30 }, (_, i) => Array.from({ length: 8 }, (_, k) => `p${i}w${k}`).join(" "));
  const sentence = (topic: number) =>
    random.uniform() < about
      ? [word("c", 300), word(`t${topic}x`, 40), word("c", 300), word("c", 300), word(`t${topic}x`, 40)].join(" ")
      : phrases[random.integer(phrases.length)]!;
  const metric = Uint32Array.from({ length: records }, () => random.integer(metrics));
  const texts = Array.from(metric, (one): MetricRecord => ({
    metric: `metric ${one}`,
    systemPrompt: null,
    userPrompt: sentence(topicOf[one]!),
    response: Array.from({ length: 1 + random.integer(2 * sentences) }, () => sentence(topicOf[one]!)).join(". "),
    score: null,
    extra: {},
  }));
  return { records: texts, metric, topicOf, random };
}

/** A gate fitted to nine tenths of such records; its odds of others, half of which carry any metric. */
function gateOn(kind: Kind, seed: number) {
  const fresh = 200, all = written({ ...kind, records: kind.records + fresh }, seed);
  const { records, random } = all;
  const rows = (from: number, to: number) => ({
    text: Uint32Array.from({ length: to - from }, (_, i) => from + i),
    metric: all.metric.slice(from, to),
    score: new Float32Array(to - from).fill(9),
  });
  const cut = Math.round(0.9 * kind.records);
  const validation = rows(cut, kind.records), test = rows(kind.records, kind.records + fresh);
  const swap = (metric: Uint32Array) => metric.map(() => random.integer(kind.metrics));
  const { gate } = FitGate.fit({
    records,
    texts: blankTexts(records.length),
    train: rows(0, cut),
    validation,
    mismatched: { ...validation, metric: swap(validation.metric) },
    metrics: unlikeMetrics(kind.metrics),
  });
  const odds = (metric: Uint32Array) => {
    const readings = gate.read({ records, texts: blankTexts(records.length) });
    const names = Array.from({ length: kind.metrics }, (_, i) => `metric ${i}`);
    const table = { names, row: () => Float32Array.of(1) } as unknown as Parameters<FitGate["evidence"]>[2];
    return gate.evidence(readings, { text: test.text, metric }, table).odds;
  };
  return { gate, topicOf: all.topicOf, fitting: odds(test.metric), swapped: odds(swap(test.metric)) };
}

Deno.test("gate: it finds the topics of another generator's texts, longer ones with many set phrases", () => {
  const { gate, topicOf, fitting, swapped } = gateOn(
    { records: 500, metrics: 40, topics: 8, sentences: 8, about: 0.5 },
    1,
  );
  assert.equal(gate.experts.topics.topics, 8);
  const found = gate.experts.topics.topicOf;
  found.forEach((topic, metric) => assert.equal(topic, found[topicOf[metric]!]));
  assert.ok(gate.informative && pairAccuracy(fitting, swapped) > 0.9);
  const share = estimateMisfitShare([...fitting, ...swapped]);
  // A swapped metric is of the same topic in an eighth of the cases.
  assert.ok(Math.abs(share - 0.44) < 0.1, `${share}`);
});

Deno.test("gate: with few records to a metric it is careful rather than sure, and says when it is of no use", () => {
  const kind = { metrics: 60, topics: 10, sentences: 4, about: 0.3 };
  for (const records of [60, 150, 400]) {
    for (const seed of [1, 2]) {
      const { gate, fitting, swapped } = gateOn({ ...kind, records }, seed);
      const accuracy = pairAccuracy(fitting, swapped), what = `${records} records, seed ${seed}: ${accuracy}`;
      if (records === 60) assert.ok(!gate.informative, what);
      if (records === 400) assert.ok(gate.informative, what);
      if (!gate.informative) continue;
      assert.ok(accuracy > 0.65, what);
      const share = estimateMisfitShare(fitting);
      assert.ok(share < 0.35, `${what}; it takes ${share} of the records that fit for such that do not`);
    }
  }
});

Deno.test("word weights: words that always stand together count as one, others each", () => {
  const random = new Philox(3);
  const sentences = Array.from({ length: 400 }, (_, i) => i % 4 === 0 ? [0, 1, 2, 3] : [4 + random.integer(40)]);
  const weight = wordWeights(sentences, 44);
  for (const word of [0, 1, 2, 3]) assert.ok(Math.abs(weight[word]! - 0.25) < 0.01);
  for (let word = 4; word < 44; word++) assert.equal(weight[word], 1);
});

Deno.test("calibration: the line that odds were bent by is found again, and no neighbour is likelier", () => {
  const random = new Philox(5);
  // log odds that are twice as great as they should be, and too great by 1; beside them an expert that knows nothing.
  const draw = (sign: number) => [
    Float64Array.from({ length: 4000 }, () => 2 * (sign * 1.5 + Math.sqrt(3) * random.normal()) + 1),
    Float64Array.from({ length: 4000 }, () => random.normal()),
  ];
  const fitting = draw(1), misfitting = draw(-1);
  const fit = (experts: number[], shifts: boolean) => {
    const found = fitCalibration(fitting, misfitting, { experts, shifts, sources: 1e15 });
    return { ...found, loss: meanLoss(found.losses).loss };
  };
  const { slopes: [slope, other], shift, loss } = fit([0, 1], true);
  assert.ok(Math.abs(slope! - 0.5) < 0.03 && Math.abs(shift + 0.5) < 0.08, `${slope}, ${shift}`);
  assert.ok(Math.abs(other!) < 0.1, `${other}`);
  assert.ok(loss < fit([0, 1], false).loss && loss <= fit([0], true).loss);
  assert.equal(fit([0], true).slopes[1], 0);
  const lossOf = (slopes: number[], shift: number) => {
    const mean = (odds: Float64Array[], sign: number) =>
      calibrate({ slopes, shift }, odds).reduce((sum, one) => sum + Math.log1p(one ** -sign), 0) / odds[0]!.length;
    return mean(fitting, 1) + mean(misfitting, -1);
  };
  assert.ok(Math.abs(lossOf([slope!, other!], shift) - loss) < 1e-9);
  for (const [a, b, c] of [[0.01, 0, 0], [-0.01, 0, 0], [0, 0.02, 0], [0, -0.02, 0], [0, 0, 0.02], [0, 0, -0.02]]) {
    assert.ok(lossOf([slope! + a!, other! + c!], shift + b!) > loss);
  }
});

Deno.test("calibration: rows that are parted without a fault make odds no surer than so many can tell", () => {
  const same = (logOdds: number) => [new Float64Array(300).fill(logOdds)];
  for (const sources of [1, 8, 300]) {
    for (const shifts of [false, true]) {
      const found = fitCalibration(same(4), same(-4), { experts: [0], shifts, sources });
      for (const [logOdds, odds] of [[4, sources + 1], [-4, 1 / (sources + 1)]] as const) {
        const [one] = calibrate(found, same(logOdds));
        assert.ok(Math.abs(one! / odds - 1) < 1e-4, `${sources} sources: ${one} instead of ${odds}`);
      }
    }
  }
});
