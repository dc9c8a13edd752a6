import assert from "node:assert/strict";
import { join } from "node:path";
import { MetricTable } from "../../data/metrics/metric_table.ts";
import { readNpyMatrix, writeNpy } from "../../data/files/npy.ts";
import { type MetricRecord, readRecords } from "../../data/records.ts";
import { readSafetensors } from "../../engine/files/read_safetensors.ts";
import { tensorToFloat32 } from "../../engine/files/safetensors_format.ts";
import { Scorer } from "../../runs/scorer.ts";
import { saveFeatures } from "../../scoring/model_scorer.ts";
import { trainRun } from "../../runs/start_run.ts";
import { withFolder } from "../temporary.ts";
import { silent, small, widths, writeInputs } from "./runs.ts";
import { testEngine } from "../engine/harness.ts";

const engine = await testEngine();

/** Runs a test's body with a scorer of a small run, on given embeddings or on the raw texts. */
function withScorer(
  { rank = 4, bilinear = "rank", head = "heteroscedastic", encoder = false }: {
    rank?: number;
    bilinear?: string;
    head?: string;
    encoder?: boolean;
  },
  body: (scorer: Scorer, records: MetricRecord[], folder: string) => Promise<void>,
) {
  return withFolder(async (folder) => {
    const given = await writeInputs(folder);
    const files = encoder ? { ...given, embeddings: null } : given;
    const out = join(folder, "run");
    const settings = { ...small, model: { ...small.model, rank, bilinear, head }, training: { epochs: 1 } };
    await trainRun({ recipe: "bilinear", files, settings, maxRows: null, out }, { engine, reporter: silent });
    const records = await readRecords(files.data, { scores: "ignored" });
    const scorer = await Scorer.load(engine, out);
    await body(scorer, records, folder);
    scorer.dispose();
    assert.deepEqual(engine.pool.liveLabels(), []);
  });
}

/** The forward pass in float64, as the document of system A writes it: what the head gives of a row. */
function forward(weights: Map<string, Float32Array>, metric: number[], text: number[]): number[] {
  const apply = (name: string, x: readonly number[]) => {
    const weight = weights.get(`${name}.weight`)!, bias = weights.get(`${name}.bias`);
    return Array.from(
      { length: weight.length / x.length },
      (_, row) => x.reduce((sum, value, i) => sum + value * weight[row * x.length + i]!, bias?.[row] ?? 0),
    );
  };
  let x = [...metric, ...text];
  const full = weights.get("bilinear.weight"), shift = weights.get("bilinear.bias");
  if (full) {
    x.push(
      ...metric.map((_, o) =>
        metric.reduce(
          (sum, m, i) =>
            text.reduce((sum, t, j) => sum + m * full[(o * metric.length + i) * text.length + j]! * t, sum),
          shift![o]!,
        )
      ),
    );
  }
  if (weights.has("bilinear.p.weight")) {
    const v = apply("bilinear.v", text);
    x.push(...apply("bilinear.p", apply("bilinear.u", metric).map((value, i) => value * v[i]!)));
  }
  for (let layer = 0; weights.has(`lin.${layer}.weight`); layer++) {
    const y = apply(`lin.${layer}`, x);
    const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
    const variance = y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / y.length;
    const scale = weights.get(`norm.${layer}.weight`)!, shift = weights.get(`norm.${layer}.bias`)!;
    x = y.map((value, i) => Math.max((value - mean) / Math.sqrt(variance + 1e-5) * scale[i]! + shift[i]!, 0));
  }
  return apply("head", x);
}

/** Score and standard deviation of what a head gives, in float64. */
const read: Readonly<Record<string, (output: readonly number[]) => readonly [number, number]>> = {
  heteroscedastic: ([mean, logVariance]) => [Math.min(Math.max(mean!, 0), 10), Math.exp(logVariance! / 2)],
  standard(logits) {
    const weights = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
    return moments(weights);
  },
  ordinal: (logits) => {
    const atMost = logits.map((logit) => 1 / (1 + Math.exp(-logit)));
    return moments(atMost.map((share, k) => Math.max(share - (atMost[k - 1] ?? 0), 0)));
  },
};

function moments(weights: readonly number[]): [mean: number, deviation: number] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = weights.reduce((sum, weight, k) => sum + k * weight, 0) / total;
  return [mean, Math.sqrt(weights.reduce((sum, weight, k) => sum + (k - mean) ** 2 * weight, 0) / total)];
}

for (
  const [head, rank, bilinear] of [
    ["heteroscedastic", 4, "rank"],
    ["heteroscedastic", 0, "rank"],
    ["heteroscedastic", 0, "full"],
    ["standard", 4, "rank"],
    ["ordinal", 4, "rank"],
  ] as const
) {
  Deno.test(
    `scorer: saved features and weights repeat scores and standardDeviations in float64, head ${head}, ${
      bilinear === "full" ? "full form" : `rank ${rank}`
    }`,
    withScorer({ rank, bilinear, head }, async (scorer, records, folder) => {
      const source = "train.json", embeddings = join(folder, "embeddings");
      const features = await scorer.features(records, { source, embeddings });
      const { score, standardDeviation } = await scorer.predict(features);
      await saveFeatures(join(folder, "features"), features);
      const metric = await readNpyMatrix(join(folder, "features/metric.npy"));
      const text = await readNpyMatrix(join(folder, "features/text.npy"));
      assert.deepEqual([metric.rows, metric.columns, text.rows, text.columns], [90, widths.metric, 90, widths.text]);
      const { tensors } = await readSafetensors(join(folder, "run/model.safetensors"));
      const weights = new Map([...tensors].map(([name, tensor]) => [name, tensorToFloat32(tensor)]));
      const row = ({ data, columns }: typeof text, i: number) => [...data.subarray(i * columns, (i + 1) * columns)];
      for (const i of records.keys()) {
        const [expected, deviation] = read[head]!(forward(weights, row(metric, i), row(text, i)));
        const close = (found: number, expected: number) =>
          assert.ok(Math.abs(found - expected) <= 1e-4 * Math.abs(expected), `row ${i}: ${found} and ${expected}`);
        close(score[i]!, expected);
        close(standardDeviation![i]!, deviation);
      }
    }),
  );
}

Deno.test(
  "scorer: a row scores the same alone, without a system prompt, and in any company of 1,100 rows",
  withScorer({ encoder: true }, async (scorer, records) => {
    const score = async (some: readonly MetricRecord[]) =>
      (await scorer.predict(await scorer.features(some, { source: "test.json" }))).score;
    const among = await score(Array.from({ length: 1100 }, (_, i) => records[i % records.length]!));
    assert.equal(records[0]!.systemPrompt, null);
    const alone = await score(records.slice(0, 1));
    for (const i of [0, 90, 990]) assert.ok(Math.abs(among[i]! - alone[0]!) < 1e-5, `row ${i}`);
    assert.ok(new Set(among).size > 10, "rows differ");
  }),
);

Deno.test(
  "scorer: metrics that training has not seen are scored by their embedding; without one the message names them",
  withScorer({ encoder: true }, async (scorer, records, folder) => {
    const source = "test.json";
    const [record] = records as [MetricRecord];
    const renamed = { ...record, metric: "metric 0, renamed" }, other = { ...record, metric: "metric nobody saw" };
    const rows = [record, renamed, other];
    await assert.rejects(scorer.features(rows, { source }), {
      name: "DataError",
      message:
        'test.json, record 2: the metric "metric 0, renamed" has no embedding; the nearest name that has one is ' +
        '"metric 0"; --metric-names and --metric-embeddings take further metrics.',
    });
    const path = join(folder, "new.npy");
    const own = scorer.metrics.row(scorer.metrics.indexOf(record.metric));
    await writeNpy(path, Float32Array.from([...own, ...own.map((value) => -value)]), [2, widths.metric]);
    const names = join(folder, "new.json");
    await Deno.writeTextFile(names, JSON.stringify([renamed.metric, other.metric]));
    const metrics = await MetricTable.read(names, path);
    const { score } = await scorer.predict(await scorer.features(rows, { source, metrics }));
    assert.equal(score[0], score[1]);
    assert.notEqual(score[0], score[2]);
  }),
);

Deno.test(
  "scorer: embeddings of another kind than the run's are refused",
  withScorer({}, async (scorer, records, folder) => {
    const source = join(folder, "train.json"), embeddings = join(folder, "others");
    const refused = (message: RegExp, given?: string) =>
      assert.rejects(scorer.features(records, { source, embeddings: given ?? null }), { message });
    await refused(/^This run was trained on embeddings \(text\); --embeddings is missing\.$/);
    await Deno.mkdir(embeddings);
    const write = (name: string, columns: number) =>
      writeNpy(join(embeddings, name), new Float32Array(90 * columns).fill(1), [90, columns]);
    await write("text.npy", widths.text + 1);
    await refused(/others has 7 columns, but the run was trained on 6\.$/, embeddings);
    await Deno.remove(join(embeddings, "text.npy"));
    await write("response.npy", widths.text);
    await refused(/others holds response, but the run was trained on text\.$/, embeddings);
  }),
);

Deno.test(
  "scorer: a run on raw texts refuses embeddings",
  withScorer({ encoder: true }, async (scorer, records, folder) => {
    await assert.rejects(
      scorer.features(records, { source: "train.json", embeddings: join(folder, "embeddings") }),
      /trained with the built-in encoder, so it cannot use the embeddings in/,
    );
  }),
);

Deno.test(
  "scorer: a run with a gate of an earlier version is refused in one sentence",
  withScorer({}, async (scorer, _, folder) => {
    const run = join(folder, "run"), path = join(run, "config.json");
    const config = JSON.parse(await Deno.readTextFile(path));
    const { fit: _fit, ...settings } = config.settings;
    await Deno.writeTextFile(path, JSON.stringify({ ...config, settings: { ...settings, gate: { name: "topics" } } }));
    await Deno.writeTextFile(join(run, "gate.safetensors"), "");
    await assert.rejects(Scorer.load(scorer.engine, run), {
      name: "DataError",
      message: `${run} has the gate of an earlier version (gate.safetensors) instead of a fit model; train it again.`,
    });
  }),
);
