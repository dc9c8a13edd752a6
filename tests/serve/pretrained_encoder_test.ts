import assert from "node:assert/strict";
import { join } from "node:path";
import type { MetricRecord } from "../../data/records.ts";
import { readNpy } from "../../data/files/npy.ts";
import { embedFile } from "../../encoders/embed.ts";
import { Scorer } from "../../runs/scorer.ts";
import { trainRun } from "../../runs/start_run.ts";
import { encodingOptions as encoding } from "../fake_encoder.ts";
import { writeTinyEncoder } from "../encoders/network/tiny_encoder.ts";
import { testEngine } from "../engine/harness.ts";
import { silent, small, writeInputs } from "../runs/runs.ts";
import { put, withFolder } from "../temporary.ts";
import { post, withService } from "./running_service.ts";

const engine = await testEngine();

/** The largest difference of numbers of two lists. */
function far(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

const definitions = Object.fromEntries(
  [0, 1, 2, 3].map((i) => [`metric ${i}`, `the answer is ${"abc"[i] ?? "short"}`]),
);
const kindness = "is the answer short or a b c ?";

const prompt = "is the answer short ?";
const texts = Array.from({ length: 12 }, (_, i) => `the answer ${"a b c ".repeat(i)}`);

/** Records of a metric that training had, and of one that it had not. */
const records = texts.map((response, i) => ({
  ...(i % 2 === 0 ? { metric_name: "metric 1" } : { metric_name: "kindness", metric_definition: kindness }),
  ...{ user_prompt: prompt, response },
}));

Deno.test(
  "serve: a run on a pretrained encoder answers what predict and embed say of the same texts, of a new metric too",
  withFolder(async (folder) => {
    const model = join(folder, "encoder"), encoder = `gpu:${model}`, path = join(folder, "run");
    await writeTinyEncoder(model, "bert");
    const metricDefinitions = await put(folder, "definitions.json", JSON.stringify(definitions));
    const defined = { metricNames: null, metricEmbeddings: null, metricDefinitions };
    const files = { ...await writeInputs(folder), embeddings: null, ...defined };
    const settings = { ...small, features: { encoder }, training: { ...small.training, epochs: 1 } };
    const options = { engine, reporter: silent, cache: null };
    await trainRun({ recipe: "bilinear", files, settings, maxRows: null, out: path }, options);

    const scorer = await Scorer.load(engine, path);
    const predicted = async (metrics: readonly string[], definition = kindness) => {
      const given = texts.map((response, i) =>
        ({
          metric: metrics[i]!,
          systemPrompt: null,
          userPrompt: prompt,
          response,
          score: null,
          extra: {},
        }) satisfies MetricRecord
      );
      const source = { source: "here", cache: null, definitions: new Map([["kindness", definition]]) };
      return (await scorer.predict(await scorer.features(given, source), "none")).score;
    };
    const expected = await predicted(records.map(({ metric_name }) => metric_name));
    const kind = texts.map(() => "kindness"), expectedKind = await predicted(kind);
    assert.ok(far(expectedKind, await predicted(kind, "a")) > 1e-3, "a definition makes a difference");
    scorer.dispose();
    const data = await put(folder, "test.json", JSON.stringify(records)), out = join(folder, "embedded");
    const embedding = {
      data,
      encoder,
      encoding,
      fields: ["response"],
      metricDefinitions: null,
      out,
      force: false,
    } as const;
    await embedFile(embedding, { cache: null });
    const embedded = await readNpy(join(out, "response.npy"));

    await withService(path, async (url) => {
      const ask = async (route: string, body: unknown) => {
        const response = await post(`${url}${route}`, body);
        assert.equal(response.status, 200, await response.clone().text());
        return await response.json();
      };
      const { scores } = await ask("/v1/scores", { records });
      assert.ok(far(scores.map(({ score }: { score: number }) => score), expected) < 1e-5);
      const isNew = scores.map(({ unseen_metric }: { unseen_metric: boolean }) => unseen_metric);
      assert.deepEqual(isNew, records.map(({ metric_name }) => metric_name === "kindness"));

      const { data: vectors } = await ask("/v1/embeddings", { input: texts });
      const numbers = vectors.flatMap(({ embedding }: { embedding: number[] }) => embedding);
      assert.ok(far(numbers, embedded.data as Float32Array) < 1e-5);

      const asked = { instruction: kindness, use_activation: false };
      const { data: scored } = await ask("/score", { ...asked, text_1: prompt, text_2: texts });
      assert.ok(far(scored.map(({ score }: { score: number }) => score), expectedKind) < 1e-5);
      const { results } = await ask("/rerank", { ...asked, query: prompt, documents: texts });
      const ranked = new Float32Array(texts.length);
      for (const { index, relevance_score } of results) ranked[index] = relevance_score;
      assert.ok(far(ranked, expectedKind) < 1e-5);
    });
  }),
);
