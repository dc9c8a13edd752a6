import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import metricNames from "../../../data/sample/metric_names.json" with { type: "json" };
import { FAMILY_GROUPS } from "../../../data/sample/families.ts";
import { bayesPredict, generateSample, MISFIT_SHARE, oraclePredict } from "../../../data/sample/generate.ts";
import { describeSample } from "../../../data/sample/report.ts";
import { expectedScore, fitScoreMap, scoreOf, TRAIN_MARGINAL } from "../../../data/sample/score_map.ts";
import { normalCdf } from "../../../data/normal_distribution.ts";
import { relation, sampleWorld, TOPIC_SHARE } from "../../../data/sample/world.ts";
import { sampleMetrics, writeSample } from "../../../data/sample/write.ts";

const sample = generateSample(1);
const world = sampleWorld();
const planted = [...sample.trainPlanted, ...sample.testPlanted];
const records = [...sample.train, ...sample.test];

function rmse(predicted: ArrayLike<number>, scores: ArrayLike<number>): number {
  return Math.sqrt(Array.from(scores).reduce((sum, score, i) => sum + (predicted[i]! - score) ** 2, 0) / scores.length);
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

Deno.test("sample: train scores have the exact counts of the real train set, 9.5 as 9.5", () => {
  const counts = new Map<string, number>();
  for (const { score } of sample.train) counts.set(score!, (counts.get(score!) ?? 0) + 1);
  assert.deepEqual([...counts].sort(([a], [b]) => Number(a) - Number(b)), TRAIN_MARGINAL.map(([s, n]) => [`${s}`, n]));
});

Deno.test("sample: seed 1 gives these bytes on every machine", () => {
  const content = JSON.stringify([sample.train, sample.test, Array.from(sample.testScores)]);
  assert.equal(
    createHash("sha256").update(content).digest("hex"),
    "5d8b0dca5f6edb1f18b5ab271da32f979ace5f54f29e5d2775185dd74f535e4d",
  );
});

Deno.test("sample: the same seed writes the same files, another seed others, and nothing planted is in them", async () => {
  const size = { trainRows: 60, testRows: 40 };
  const folders = await Promise.all([7, 7, 8].map(async (seed) => {
    const folder = await Deno.makeTempDir();
    await writeSample(folder, generateSample(seed, size));
    return folder;
  }));
  const [one, again, other] = folders as [string, string, string];
  try {
    const names = [...Deno.readDirSync(one)].map(({ name }) => name).sort();
    assert.deepEqual(names, [
      "README.md",
      "metric_embeddings.npy",
      "metric_names.json",
      "test.json",
      "test_scores.csv",
      "train.json",
    ]);
    for (const name of names) {
      assert.deepEqual(Deno.readFileSync(join(again, name)), Deno.readFileSync(join(one, name)));
    }
    for (const name of ["train.json", "test.json", "test_scores.csv"]) {
      assert.notDeepEqual(Deno.readFileSync(join(other, name)), Deno.readFileSync(join(one, name)));
    }
    const [train, test] = ["train.json", "test.json"].map((name) => JSON.parse(Deno.readTextFileSync(join(one, name))));
    const fields = ["metric_name", "system_prompt", "user_prompt", "response"];
    assert.ok(test.every((record: object) => Object.keys(record).join() === fields.join()));
    assert.ok(train.every((record: object) => Object.keys(record).join() === [...fields, "score"].join()));
    assert.match(Deno.readTextFileSync(join(one, "test_scores.csv")), /^ID,score\n1,\d/);
  } finally {
    for (const folder of folders) await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("sample: 40 % of the test rows carry a metric of another family, of which 40 % are close", () => {
  const how = sample.testPlanted.map(({ textMetric }, i) =>
    relation(world, textMetric, metricNames.indexOf(sample.test[i]!.metric_name))
  );
  const close = how.filter((r) => r === "close").length, far = how.filter((r) => r === "far").length;
  assert.equal(close + far, Math.round(MISFIT_SHARE.test * 3638));
  assert.equal(close, Math.round(0.4 * (close + far)));
  const scores = (fits: boolean) =>
    [...sample.testScores].filter((_, i) => (sample.testPlanted[i]!.fit === "fits") === fits);
  assert.ok(Math.abs(mean(scores(false)) - 1.5) < 0.5 && mean(scores(true)) > 9, "misfits near 1.5, the others near 9");
});

Deno.test("sample: a third has no system prompt; every prompt is in the script of its language", () => {
  const without = records.filter(({ system_prompt }) => system_prompt === null).length / records.length;
  assert.ok(Math.abs(without - 1 / 3) < 0.02, `${without}`);
  const scripts: Record<string, RegExp> = {
    English: /^[\p{Script=Latin}\P{L}]+$/u,
    Hindi: /^[\p{Script=Devanagari}\P{L}]+$/u,
    Tamil: /^[\p{Script=Tamil}\P{L}]+$/u,
    Bengali: /^[\p{Script=Bengali}\P{L}]+$/u,
    Nepali: /^[\p{Script=Devanagari}\P{L}]+$/u,
  };
  const seen = new Map<string, number>();
  planted.forEach(({ promptLanguage, responseLanguage, quality }, i) => {
    const { name } = world.languages[promptLanguage]!;
    seen.set(name, (seen.get(name) ?? 0) + 1);
    assert.match(records[i]!.user_prompt, scripts[name]!);
    if (world.qualities[quality]!.name === "wrong language") assert.notEqual(responseLanguage, promptLanguage);
  });
  assert.deepEqual([...seen.keys()].sort(), Object.keys(scripts).sort());
  assert.ok([...seen.values()].every((count) => count > records.length / 12));
});

Deno.test("sample: every metric name stands in exactly one family", () => {
  const mains = Object.values(FAMILY_GROUPS).flatMap((families) => Object.values(families).flat());
  assert.equal(new Set(mains).size, mains.length);
  assert.deepEqual(new Set(mains), new Set(metricNames.map((name) => name.split("/")[0]!)));
  const placed = world.families.flatMap(({ metrics }) => metrics);
  assert.deepEqual([...placed].sort((a, b) => a - b), metricNames.map((_, i) => i));
});

Deno.test("sample: close families share a third of their words, others none, in every language", () => {
  for (const { name, words, slot } of world.languages) {
    const topic = world.families.map(({ metrics }) => {
      const general = new Set(words.slice(0, 30));
      return new Set(words.filter((word, w) => slot[metrics[0]!]![w]! > 0 && !general.has(word)));
    });
    world.families.forEach((family, f) =>
      world.families.forEach((other, o) => {
        if (f === o) return;
        const common = [...topic[f]!].filter((word) => topic[o]!.has(word)).length;
        const expected = family.group === other.group ? topic[f]!.size / 3 : 0;
        assert.equal(common, expected, `${name}: ${family.name} and ${other.name}`);
      })
    );
  }
});

Deno.test("sample: slot probabilities sum to 1, and metrics differ within their family", () => {
  for (const { slot } of world.languages) {
    for (const row of slot) assert.ok(Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-12);
    for (const row of slot) assert.ok(Math.abs(row.slice(30).reduce((sum, p) => sum + p, 0) - TOPIC_SHARE) < 1e-12);
    for (const { metrics } of world.families) {
      const rows = new Set(metrics.map((m) => slot[m]!.join()));
      const whole = metrics.filter((m) => metricNames.some((name) => name.startsWith(`${metricNames[m]}/`)));
      assert.equal(rows.size, metrics.length - Math.max(0, whole.length - 1));
    }
  }
});

Deno.test("sample: groups of close families are close in the real embeddings, too", async () => {
  const table = await sampleMetrics();
  const centroids = world.families.map(({ metrics }) => {
    for (const m of metrics) {
      assert.ok(Math.abs(Math.hypot(...table.row(m)) - 1) < 1e-3, `unit norm: ${table.names[m]}`);
    }
    const sum = new Float64Array(table.dimension);
    for (const m of metrics) table.row(m).forEach((value, i) => sum[i]! += value);
    const norm = Math.hypot(...sum);
    return sum.map((value) => value / norm);
  });
  const close: number[] = [], far: number[] = [];
  world.families.forEach((family, f) => {
    for (let o = 0; o < f; o++) {
      const cosine = centroids[f]!.reduce((sum, value, i) => sum + value * centroids[o]![i]!, 0);
      (family.group === world.families[o]!.group ? close : far).push(cosine);
    }
  });
  assert.ok(mean(close) > mean(far) + 0.03, `${mean(close)} and ${mean(far)}`);
});

Deno.test("sample: one sentence in five belongs to another family than its text", () => {
  const sentences = planted.reduce((sum, row) => sum + row.sentences, 0);
  const foreign = planted.reduce((sum, row) => sum + row.foreign, 0);
  assert.ok(Math.abs(foreign / sentences - 0.2) < 4 * Math.sqrt(0.16 / sentences), `${foreign / sentences}`);
});

Deno.test("sample: lengths are skewed, responses longer than prompts", () => {
  const quantile = (texts: string[], q: number) =>
    texts.map((text) => text.length).sort((a, b) => a - b)[Math.floor(q * (texts.length - 1))]!;
  const prompts = records.map((r) => r.user_prompt), responses = records.map((r) => r.response);
  assert.ok(quantile(prompts, 0.5) < 150 && quantile(prompts, 0.9) < 400);
  assert.ok(quantile(responses, 0.5) > quantile(prompts, 0.5) * 1.5);
  assert.ok(quantile(responses, 0.99) > 2000 && quantile(responses, 1) > 4000);
});

Deno.test("sample: the score map follows ranks, and its expectation is the average over the noise", () => {
  const noisy = Array.from({ length: 5000 }, (_, i) => (i * 2477 % 5000) / 500);
  const map = fitScoreMap(noisy);
  const counts = TRAIN_MARGINAL.map(([score]) => noisy.filter((value) => scoreOf(map, value) === score).length);
  assert.deepEqual(counts, TRAIN_MARGINAL.map(([, count]) => count));
  let average = 0;
  const steps = 20000;
  for (let i = 0; i < steps; i++) {
    const z = -6 + 12 * (i + 0.5) / steps;
    average += scoreOf(map, 6.5 + 0.7 * z) * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * 12 / steps;
  }
  assert.ok(Math.abs(expectedScore(map, 6.5, 0.7) - average) < 1e-3);
  assert.ok(Math.abs(normalCdf(1.96) - 0.9750021) < 1e-6 && Math.abs(normalCdf(-1.96) - 0.0249979) < 1e-6);
});

Deno.test("sample: the Bayes predictor lies well between oracle and constant, and is calibrated", () => {
  const { testScores } = sample;
  const bayes = bayesPredict(sample);
  const oracleError = rmse(oraclePredict(sample), testScores), bayesError = rmse(bayes, testScores);
  const testMean = mean([...testScores]);
  const constantError = rmse(testScores.map(() => testMean), testScores);
  assert.ok(oracleError + 0.4 < bayesError, `telling fit is hard: ${oracleError}, ${bayesError}`);
  assert.ok(bayesError < constantError / 2, `but possible: ${bayesError}, ${constantError}`);
  for (let low = 0; low < 10; low += 2) {
    const errors = [...bayes].flatMap((value, i) => value >= low && value < low + 2 ? [testScores[i]! - value] : []);
    const bias = mean(errors), spread = Math.sqrt(mean(errors.map((error) => error * error)) / errors.length);
    assert.ok(Math.abs(bias) < 4 * spread, `predictions from ${low}: ${bias} +- ${spread}`);
  }
  assert.match(
    describeSample(generateSample(2, { trainRows: 60, testRows: 40 })),
    /oracle .*\d\.\d{3}[^]*Bayes predictor .*\d\.\d{3}[^]*constant/,
  );
});
