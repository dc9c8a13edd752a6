import assert from "node:assert/strict";
import { join } from "node:path";
import { type MetricRecord, readRecords } from "../../data/records.ts";
import { embedFile } from "../../encoders/embed.ts";
import { KeptEncoders } from "../../encoders/kept_encoders.ts";
import { registerEncoder } from "../../encoders/open_encoder.ts";
import { prepare } from "../../runs/prepare/prepare.ts";
import { RunFolder } from "../../runs/run_folder.ts";
import { Scorer } from "../../runs/scorer.ts";
import type { GivenSettings } from "../../recipes/settings/shared.ts";
import { configOf } from "../../runs/configure.ts";
import { trainRun } from "../../runs/start_run.ts";
import type { TrainFiles } from "../../runs/train_request.ts";
import { encodingOptions, FakeEncoder } from "../fake_encoder.ts";
import { put, withFolder } from "../temporary.ts";
import { silent, small, writeInputs } from "./runs.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

const opened: FakeEncoder[] = [];
registerEncoder("fake", (name) => {
  opened.push(new FakeEncoder(`fake:${name}`));
  return Promise.resolve(opened.at(-1)!);
});
const lastBatches = () => opened.at(-1)!.batches;

function settings(encoder = "fake:a", texts: "combined" | "prompt-response" | "fields" = "combined"): GivenSettings {
  return { ...small, features: { encoder, texts }, training: { ...small.training, epochs: 1 } };
}

/** Runs a test's body with a scorer of a run, and everything beside it. */
async function withRun(
  folder: string,
  files: TrainFiles,
  given: GivenSettings,
  body: (scorer: Scorer, records: MetricRecord[], cache: string) => Promise<void>,
): Promise<void> {
  const out = join(folder, "run"), cache = join(folder, "cache.sqlite");
  await trainRun({ recipe: "bilinear", files, settings: given, maxRows: null, out }, {
    engine,
    reporter: silent,
    cache,
  });
  const records = await readRecords(files.data, { scores: "ignored" });
  const scorer = await Scorer.load(engine, out);
  try {
    await body(scorer, records, cache);
  } finally {
    scorer.dispose();
  }
}

Deno.test(
  "encoder runs: train and predict share the cache, and the run's folder names the encoder",
  withFolder(async (folder) => {
    const files = { ...await writeInputs(folder), embeddings: null };
    await withRun(folder, files, settings(), async (scorer, records, cache) => {
      const [encoder] = opened.slice(-1) as [FakeEncoder];
      assert.equal(encoder.batches.flat().length, 1 + 45 + 90, "different system prompts, user prompts and responses");
      const { inputs } = await new RunFolder(join(folder, "run")).readConfig();
      assert.deepEqual(inputs!.encoder, { name: "fake:a", fingerprint: encoder.fingerprint });
      const readme = await Deno.readTextFile(join(folder, "run", "README.md"));
      assert.ok(readme.includes("fake:a, 6 numbers each") && readme.includes(encoder.fingerprint));
      assert.ok(!readme.includes("--embeddings") && !readme.includes("encoder.safetensors"));

      const { texts } = await scorer.features(records, { source: "train.json", cache });
      assert.deepEqual(lastBatches(), [], "all texts are known");
      records.forEach(({ systemPrompt, userPrompt, response }, row) => {
        const there = [systemPrompt ?? "", userPrompt, response].filter((text) => text !== "");
        const sum = Array.from({ length: 6 }, (_, i) => there.reduce((sum, text) => sum + encoder.vector(text)[i]!, 0));
        const length = Math.hypot(...sum);
        sum.forEach((value, i) => assert.ok(Math.abs(texts.data[row * 6 + i]! - value / length) < 1e-6, `row ${row}`));
      });
      await scorer.features([{ ...records[0]!, response: "new" }], { source: "new.json", cache });
      assert.deepEqual(lastBatches(), [["new"]]);

      const encoders = new KeptEncoders(), before = opened.length, kept = { encoders, cache: null };
      for (const text of ["one", "two"]) assert.deepEqual(await scorer.embed([text], kept), encoder.vector(text));
      await scorer.features([{ ...records[0]!, response: "three" }], { source: "new.json", ...kept });
      assert.deepEqual(
        [opened.length - before, opened.at(-1)!.disposed],
        [1, false],
        "it is opened once and stays open",
      );
      await encoders[Symbol.asyncDispose]();
      assert.ok(opened.at(-1)!.disposed);
    });
  }),
);

Deno.test(
  "encoder runs: vectors of another fingerprint are refused, by another name or from a folder; equal ones are taken",
  withFolder(async (folder) => {
    const files = { ...await writeInputs(folder), embeddings: null };
    await withRun(folder, files, settings(), async (scorer, records, cache) => {
      const source = files.data, fields = ["system_prompt", "user_prompt", "response"] as const;
      const fingerprint = (name: string) => new FakeEncoder(`fake:${name}`).fingerprint.slice(0, 12);
      await assert.rejects(scorer.features(records, { source, cache, encoder: "fake:b" }), {
        name: "DataError",
        message: `This run was trained with fake:a (fingerprint ${fingerprint("a")}), but fake:b has fingerprint ` +
          `${fingerprint("b")}: its weights, its tokenizer or its options differ, or another version of this program ` +
          `prepared the texts.`,
      });
      assert.deepEqual(lastBatches(), [], "before anything is encoded");
      const embed = async (name: string) => {
        const out = join(folder, name);
        const request = { data: source, encoder: `fake:${name}`, encoding: encodingOptions, fields, out };
        await embedFile({ ...request, metricDefinitions: null, force: false }, { cache });
        return out;
      };
      await assert.rejects(scorer.features(records, { source, embeddings: await embed("b") }), {
        message: /trained with fake:a .*, but .*b, made by fake:b, has fingerprint/,
      });
      const own = await scorer.features(records, { source, cache });
      const given = await scorer.features(records, { source, embeddings: await embed("a") });
      assert.deepEqual(given.texts, own.texts);
    });
  }),
);

Deno.test(
  "encoder runs: an encoder whose folder has moved is found where it is said to be now",
  withFolder(async (folder) => {
    const files = { ...await writeInputs(folder), embeddings: null };
    const first = join(folder, "first"), now = join(folder, "now");
    await Deno.mkdir(first);
    registerEncoder("folder", () => Promise.resolve(new FakeEncoder("fake:moved")));
    await withRun(folder, files, settings(`folder:${first}`), async (scorer, records, cache) => {
      await Deno.rename(first, now);
      await assert.rejects(scorer.features(records, { source: files.data, cache }), {
        name: "DataError",
        message:
          `This run was trained with folder:${first}, which is not there any more; --encoder says where it is now.`,
      });
      const features = await scorer.features(records, { source: files.data, cache, encoder: `folder:${now}` });
      assert.equal(features.rows.text.length, 90);
    });
  }),
);

Deno.test(
  "encoder runs: a folder that embed wrote trains to the rows of the encoder itself, in every layout",
  withFolder(async (folder) => {
    const given = await writeInputs(folder), out = join(folder, "embedded"), cache = join(folder, "cache.sqlite");
    const fields = ["system_prompt", "user_prompt", "response"] as const;
    await embedFile({
      data: given.data,
      encoder: "fake:a",
      encoding: encodingOptions,
      fields,
      metricDefinitions: null,
      out,
      force: false,
    }, { cache });
    for (const texts of ["combined", "prompt-response", "fields"] as const) {
      const rows = async (encoder: string, embeddings: string | null) => {
        const files = { ...given, embeddings };
        const config = configOf({ recipe: "bilinear", files, settings: settings(encoder, texts), maxRows: null });
        return await prepare(config, silent, { cache });
      };
      const encoded = await rows("fake:a", null), read = await rows("hash", out);
      assert.deepEqual(read.data.tables.texts, encoded.data.tables.texts, texts);
      assert.deepEqual(read.inputs.encoder, encoded.inputs.encoder);
    }
  }),
);

Deno.test(
  "encoder runs: metrics may be defined by texts, which the run's encoder embeds, known ones and further ones",
  withFolder(async (folder) => {
    const given = await writeInputs(folder);
    const texts = Object.fromEntries([0, 1, 2, 3].map((i) => [`metric ${i}`, `answer ${i}`]));
    const metricDefinitions = await put(folder, "definitions.json", JSON.stringify(texts));
    const files = { ...given, embeddings: null, metricNames: null, metricEmbeddings: null, metricDefinitions };
    await withRun(folder, files, settings(), async (scorer, records, cache) => {
      const encoder = new FakeEncoder("fake:a");
      assert.deepEqual(scorer.metrics.row(scorer.metrics.indexOf("metric 2")), encoder.vector("answer 2"));
      const source = "new.json", [record] = records as [MetricRecord];
      const further = { ...record, metric: "kindness" };
      await assert.rejects(
        scorer.features([further], { source, cache }),
        /new.json, record 1: the metric "kindness" has/,
      );
      const definitions = new Map([["kindness", "being kind"]]);
      const features = await scorer.features([record, further], { source, cache, definitions });
      assert.deepEqual([...features.rows.metric], [0, 4]);
      assert.deepEqual(features.metrics.row(4), encoder.vector("being kind"));
      await assert.rejects(
        scorer.features([{ ...record, metric: "kind" }], { source, cache, definitions }),
        /record 1: the metric "kind" has no embedding; the nearest name that has one is "kindness"; --metric-definitions takes/,
      );
    });
  }),
);

Deno.test(
  "encoder runs: definitions need an encoder, and a run that was trained on them",
  withFolder(async (folder) => {
    const given = await writeInputs(folder);
    const metricDefinitions = await put(folder, "definitions.json", '{"metric 0": "answer 0"}');
    const prepared = (files: TrainFiles, encoder: string) =>
      prepare(configOf({ recipe: "bilinear", files, settings: settings(encoder), maxRows: null }), silent, {
        cache: null,
      });
    const defined = { metricNames: null, metricEmbeddings: null, metricDefinitions };
    await assert.rejects(prepared({ ...given, ...defined }, "hash"), { name: "UsageError", message: /are given \(/ });
    await assert.rejects(prepared(given, "fake:a"), { name: "UsageError", message: /no encoder and no metric/ });
    await assert.rejects(
      prepared({ ...given, ...defined, embeddings: null }, "hash"),
      /record 2: the metric "metric 1" has no embedding/,
    );
    const all = Object.fromEntries([0, 1, 2, 3].map((i) => [`metric ${i}`, `answer ${i}`]));
    await put(folder, "definitions.json", JSON.stringify(all));
    const { metrics } = await prepared({ ...given, ...defined, embeddings: null }, "hash");
    assert.equal(metrics.dimension, 768);
    await withRun(folder, { ...given, embeddings: null }, settings("hash"), async (scorer, records) => {
      const definitions = new Map([["kindness", "being kind"]]);
      await assert.rejects(
        scorer.features(records, { source: "a.json", definitions }),
        /trained on given metric embeddings, which definitions cannot be compared with/,
      );
      await assert.rejects(
        scorer.features(records, { source: "a.json", encoder: "fake:a" }),
        /trained with the built-in encoder, so it cannot use fake:a\./,
      );
    });
  }),
);
