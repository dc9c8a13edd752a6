import assert from "node:assert/strict";
import { BayesPredictor, lengthProbability, wordsProbability } from "../../../data/sample/bayes.ts";
import { drawLength, driftStart, RecordSource, type SampleTexts } from "../../../data/sample/draw.ts";
import { generateSample } from "../../../data/sample/generate.ts";
import { SentenceParser, splitSentences } from "../../../data/sample/parse.ts";
import type { Quality } from "../../../data/sample/qualities.ts";
import { expectedScore, type ScoreMap, scoreOf } from "../../../data/sample/score_map.ts";
import { type Kind, type Language, plantedValue, sampleWorld, type World } from "../../../data/sample/world.ts";
import { Philox } from "../../../kernels/philox.ts";

/** A world small enough to enumerate: five metrics, four families in two groups, two languages, three qualities. */
function tinyWorld(): World {
  const slots = [[0.3, 0.5, 0.1, 0.1, 0], [0.3, 0.1, 0.5, 0.1, 0], [0.4, 0.3, 0, 0.3, 0], [0.4, 0, 0, 0.2, 0.4], [
    0.5,
    0.1,
    0.1,
    0,
    0.3,
  ]];
  const language = (name: string, share: number): Language => ({
    name,
    share,
    // "a and b" is one word and also two: such sentences have two readings.
    words: [`${name}x`, `${name}a`, `${name}b`, `${name}a and ${name}b`, `${name}d`],
    slot: slots.map((row) => Float64Array.from(row)),
    templates: {
      system: [["Sys ", "."]],
      ask: [["What of ", "?"], ["Both ", " and ", "?"]],
      answer: [["Take ", "."], ["Take ", " and ", "."]],
      vague: [[`Hm ${name}.`], ["Hm ", "."]],
      rude: [[`Bah ${name}.`]],
      refusal: [["No ", "."]],
      closing: [["So ", " and ", "."]],
    },
  });
  const plain: Quality = {
    name: "plain",
    share: 0.5,
    effect: 0,
    weighedBy: {},
    sentences: 2,
    moves: { answer: 0.7, vague: 0.1, rude: 0.05, refusal: 0.05, echo: 0.1 },
    closing: 0.4,
    otherLanguage: 0.1,
    drifts: false,
  };
  return {
    metrics: [[0, 0.3, 0], [0, 0.2, 0.5], [1, 0.2, 0], [2, 0.2, -0.5], [3, 0.1, 0]].map((
      [family, weight, offset],
      m,
    ) => ({
      name: `m${m}`,
      family: family!,
      weight: weight!,
      offset: offset!,
    })),
    families: [[0, 1], [2], [3], [4]].map((metrics, f) => ({ name: `f${f}`, group: f < 2 ? "near" : "away", metrics })),
    languages: [language("p", 0.7), language("q", 0.3)],
    qualities: [
      plain,
      { ...plain, name: "drifts", share: 0.3, effect: -2, weighedBy: { f2: 1.6 }, sentences: 3, drifts: true },
      { ...plain, name: "refuses", share: 0.2, effect: -3, opening: "refusal", otherLanguage: 0.5 },
    ],
    foreignShare: 0.2,
    siblingShare: 0.25,
    closeShare: 0.4,
    systemAbsent: 0.5,
    systemSameLanguage: 0.7,
    promptLength: { median: 1.5, deviation: 0.5, most: 3 },
    responseLength: { deviation: 0.6, most: 5 },
    fitValue: { exact: 9, sibling: 8, close: 3, far: 1 },
    misfitQualityWeight: 0.2,
    noise: 0.7,
  };
}

const map: ScoreMap = { scores: [0, 2, 5, 9, 10], thresholds: [0.8, 2.5, 6, 9.2] };

/** Everything a sentence can be, rendered: text -> probability given kind, language and the one metric it is about. */
function renderAll(language: Language, kind: Kind, metric: number): Map<string, number> {
  const all = new Map<string, number>();
  const templates = language.templates[kind], row = language.slot[metric]!;
  for (const template of templates) {
    const fill = (slot: number, text: string, used: number[], probability: number) => {
      if (slot === template.length) {
        all.set(text, (all.get(text) ?? 0) + probability / templates.length);
        return;
      }
      const left = 1 - used.reduce((sum, word) => sum + row[word]!, 0);
      language.words.forEach((word, w) => {
        if (used.includes(w) || row[w] === 0) return;
        fill(slot + 1, text + word + template[slot]!, [...used, w], probability * row[w]! / left);
      });
    };
    fill(1, template[0]!, [], 1);
  }
  return all;
}

/** E[score | metric, texts] by enumerating every hidden choice one by one. */
function bruteForce(world: World, texts: SampleTexts, misfitShare: number): number {
  const { metrics, languages, qualities } = world;
  const outside = (t: number) => metrics.flatMap(({ family }, u) => family === metrics[t]!.family ? [] : [u]);
  const share = (m: number, among: number[]) =>
    metrics[m]!.weight / among.reduce((sum, other) => sum + metrics[other]!.weight, 0);
  const about = (text: string, language: Language, kind: Kind, t: number) => {
    let probability = (1 - world.foreignShare) * (renderAll(language, kind, t).get(text) ?? 0);
    for (const u of outside(t)) {
      probability += world.foreignShare * share(u, outside(t)) * (renderAll(language, kind, u).get(text) ?? 0);
    }
    return probability;
  };
  const prompt = splitSentences(texts.userPrompt), response = splitSentences(texts.response);
  const system = texts.systemPrompt === null ? [] : splitSentences(texts.systemPrompt);
  let total = 0, weighted = 0;
  for (let t = 0; t < metrics.length; t++) {
    for (const [q, quality] of qualities.entries()) {
      for (const [p, promptLanguage] of languages.entries()) {
        for (const [r, responseLanguage] of languages.entries()) {
          for (const [s, systemLanguage] of system.length > 0 ? languages.entries() : [[p, languages[p]!] as const]) {
            for (const drift of quality.drifts ? outside(t) : [t]) {
              let joint = metrics[t]!.weight * quality.share * promptLanguage.share;
              joint *= r === p ? 1 - quality.otherLanguage : quality.otherLanguage;
              if (system.length > 0) joint *= s === p ? world.systemSameLanguage : 1 - world.systemSameLanguage;
              if (quality.drifts) joint *= share(drift, outside(t));
              for (const sentence of system) joint *= about(sentence, systemLanguage, "system", t);
              for (const sentence of prompt) joint *= about(sentence, promptLanguage, "ask", t);
              joint *= lengthProbability({ median: quality.sentences, ...world.responseLength }, response.length);
              response.forEach((sentence, i) => {
                const topic = i >= driftStart(response.length) ? drift : t;
                const closing = i > 0 && i === response.length - 1 ? quality.closing : 0;
                let probability = closing * about(sentence, responseLanguage, "closing", topic);
                for (const kind of ["answer", "vague", "rude", "refusal", "echo"] as const) {
                  const certain = i === 0 && quality.opening !== undefined;
                  const move = certain ? Number(kind === quality.opening) : (1 - closing) * quality.moves[kind];
                  probability += move *
                    (kind === "echo"
                      ? prompt.filter((asked) => asked === sentence).length / prompt.length
                      : about(sentence, responseLanguage, kind, topic));
                }
                joint *= probability;
              });
              joint *= metricProbability(t, texts.metric);
              total += joint;
              weighted += joint * expectedScore(map, plantedValue(world, t, texts.metric, qualities[q]!), world.noise);
            }
          }
        }
      }
    }
  }
  return weighted / total;

  function metricProbability(t: number, m: number): number {
    const family = (i: number) => metrics[i]!.family, group = (i: number) => world.families[family(i)]!.group;
    const all = metrics.map((_, i) => i);
    const siblings = all.filter((i) => i !== t && family(i) === family(t));
    if (m === t) return (1 - misfitShare) * (siblings.length > 0 ? 1 - world.siblingShare : 1);
    if (siblings.includes(m)) return (1 - misfitShare) * world.siblingShare * share(m, siblings);
    const near = group(m) === group(t);
    const among = outside(t).filter((i) => (group(i) === group(t)) === near);
    return misfitShare * (near ? world.closeShare : 1 - world.closeShare) * share(m, among);
  }
}

Deno.test("sample bayes: the predictor equals enumeration of every hidden choice in a tiny world", () => {
  const world = tinyWorld(), source = new RecordSource(world);
  const predictor = new BayesPredictor(world, map, 0.4);
  let differing = 0;
  for (let i = 0; i < 40; i++) {
    const { texts } = source.draw(new Philox(3, i), i % 5 < 3 ? "fits" : i % 5 === 3 ? "close" : "far");
    const expected = bruteForce(world, texts, 0.4), found = predictor.predict(texts);
    assert.ok(Math.abs(found - expected) < 1e-9, `${texts.response}: ${found}, enumeration ${expected}`);
    if (Math.abs(found - 6) > 1) differing++;
  }
  assert.ok(differing > 10, "the predictions differ from record to record");
});

Deno.test("sample bayes: the generator draws what the predictor believes", () => {
  const world = tinyWorld(), source = new RecordSource(world);
  const predictor = new BayesPredictor(world, map, 0.4);
  const bins = Array.from({ length: 5 }, () => ({ rows: 0, error: 0, square: 0 }));
  for (let i = 0; i < 8000; i++) {
    const fit = i % 25 < 15 ? "fits" : i % 25 < 19 ? "close" : "far";
    const { texts, planted } = source.draw(new Philox(11, i), fit);
    const predicted = predictor.predict(texts), error = scoreOf(map, planted.noisy) - predicted;
    const bin = bins[Math.min(4, Math.floor(predicted / 2))]!;
    bin.rows++;
    bin.error += error;
    bin.square += error * error;
  }
  for (const { rows, error, square } of bins.filter(({ rows }) => rows > 30)) {
    assert.ok(Math.abs(error) < 4 * Math.sqrt(square), `${rows} rows, sum of errors ${error}`);
  }
  assert.ok(bins.filter(({ rows }) => rows > 30).length >= 3);
});

Deno.test("sample bayes: lengths are drawn by the law that the predictor uses", () => {
  const law = { median: 2.5, deviation: 1, most: 6 }, draws = 20000;
  const random = new Philox(5, 1), counts = new Array(law.most + 1).fill(0);
  for (let i = 0; i < draws; i++) counts[drawLength(random, law)]++;
  let total = 0;
  for (let n = 1; n <= law.most; n++) {
    const p = lengthProbability(law, n);
    total += p;
    assert.ok(Math.abs(counts[n] / draws - p) < 4 * Math.sqrt(p / draws), `${n}: ${counts[n] / draws}, ${p}`);
  }
  assert.ok(Math.abs(total - 1) < 1e-12);
});

Deno.test("sample bayes: words of a sentence are never drawn twice", () => {
  const row = Float64Array.of(0.5, 0.3, 0.2);
  assert.ok(Math.abs(wordsProbability(row, [1, 2, 0]) - 0.3 * 0.2 / 0.7) < 1e-12);
  const pairs = [0, 1, 2].flatMap((a) => [0, 1, 2].filter((b) => b !== a).map((b) => wordsProbability(row, [a, b])));
  assert.ok(Math.abs(pairs.reduce((sum, p) => sum + p, 0) - 1) < 1e-12);
});

Deno.test("sample bayes: every sentence of the sample set is read back, with the planted languages", () => {
  const { test, testPlanted } = generateSample(2, { trainRows: 100, testRows: 400 });
  const parser = new SentenceParser(sampleWorld());
  test.forEach(({ system_prompt, user_prompt, response }, i) => {
    for (const sentence of splitSentences(system_prompt ?? "").filter((text) => text)) {
      assert.equal(parser.parse(sentence).kind, "system");
    }
    for (const sentence of splitSentences(user_prompt)) {
      const { kind, language } = parser.parse(sentence);
      assert.deepEqual([kind, language], ["ask", testPlanted[i]!.promptLanguage]);
    }
    for (const sentence of splitSentences(response)) {
      const { kind, language } = parser.parse(sentence);
      assert.equal(language, kind === "ask" ? testPlanted[i]!.promptLanguage : testPlanted[i]!.responseLanguage);
    }
  });
  assert.throws(() => parser.parse("Nobody wrote this."), /not a sentence of the sample set/);
});
