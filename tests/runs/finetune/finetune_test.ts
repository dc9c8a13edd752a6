import assert from "node:assert/strict";
import { join } from "node:path";
import { readSafetensors } from "../../../engine/files/read_safetensors.ts";
import type { SafetensorsTensor } from "../../../engine/files/safetensors_format.ts";
import { writeSafetensors } from "../../../engine/files/write_safetensors.ts";
import { SentenceEncoder } from "../../../encoders/network/sentence_encoder.ts";
import {
  finetune,
  type FinetuneOptions,
  type FinetuneRequest,
  resumeFinetune,
} from "../../../runs/finetune/finetune.ts";
import { chooseTrainable } from "../../../encoders/finetune/trainable.ts";
import { testEngine, uniforms } from "../../engine/harness.ts";
import { readCurves } from "../../../runs/tensorboard/event_file.ts";
import { readEvents } from "../tensorboard/read_events.ts";
import { put, withFolder } from "../../temporary.ts";
import { sizes, writeHead, writeTinyEncoder } from "../../encoders/network/tiny_encoder.ts";

const engine = await testEngine();

const words = {
  clarity: ["the answer is short", "short ?", "the short answer", "is the answer short"],
  safety: ["a b c", "c b a", "b a c a", "c c b"],
};
const definitions = { clarity: "the answer", safety: "a b" };
const quiet: FinetuneOptions = { engine };
const settings = { epochs: 3, batch: 4, lr: 3e-3, weightDecay: 0.1 } as const;

/** Writes data and an encoder; what to ask for. */
async function prepare(folder: string, changes: Partial<FinetuneRequest["settings"]> = {}): Promise<FinetuneRequest> {
  await writeTinyEncoder(join(folder, "base"), "bert", {
    tensors: (tensors) => {
      const pooler: SafetensorsTensor = { dtype: "F32", shape: [12, 12], data: uniforms(144, 5) };
      tensors.set("pooler.dense.weight", pooler);
    },
    prefix: "bert.",
  });
  const records = Object.entries(words).flatMap(([metric_name, texts]) =>
    texts.map((response) => ({ metric_name, user_prompt: "", response, score: 9 }))
  );
  return {
    data: [await put(folder, "train.json", JSON.stringify(records))],
    metricDefinitions: await put(folder, "definitions.json", JSON.stringify(definitions)),
    encoder: `gpu:${join(folder, "base")}`,
    settings: { ...settings, ...changes },
    out: join(folder, "tuned"),
  };
}

/** A signal that is aborted once it was looked at so many times. */
function abortedAfter(looks: number): AbortSignal {
  return Object.defineProperty(new AbortController().signal, "aborted", { get: () => looks-- <= 0 });
}

const weights = (folder: string) => Deno.readFile(join(folder, "model.safetensors"));

Deno.test(
  "finetune: the loss falls, frozen tensors keep their bits, and the result is a whole folder that we load",
  withFolder(async (folder) => {
    const request = await prepare(folder, { freeze: 1 });
    const losses: number[] = [];
    const summary = await finetune(request, { ...quiet, epoch: ({ loss }) => void losses.push(loss) });
    assert.ok(losses.length === 3 && losses[2]! < losses[0]!, `${losses}`);
    assert.deepEqual(summary.counts.pairs, { texts: 8, metrics: 8, definitions: 8 });
    assert.equal(summary.counts.heldOut, false);
    const [before, after] = await Promise.all(
      ["base", "tuned"].map(async (name) => (await readSafetensors(join(folder, name, "model.safetensors"))).tensors),
    );
    assert.deepEqual([...after!.keys()].sort(), [...before!.keys()].sort());
    for (const [name, { data }] of before!) {
      const kept = /embeddings|layer\.0\.|pooler/.test(name);
      assert.equal(
        Deno.inspect(after!.get(name)!.data, { iterableLimit: 1e4 }) === Deno.inspect(data, { iterableLimit: 1e4 }),
        kept,
        name,
      );
    }
    using encoder = await SentenceEncoder.open(engine, request.out);
    assert.equal((await encoder.encode(["a b", "short"])).length, 2 * sizes.width);
    const card = await Deno.readTextFile(join(request.out, "README.md"));
    assert.match(card, /The embeddings and 1 lower layer are as they were/);
    assert.match(card, /\| right definition nearest \|/);
    for (const text of Object.values(words).flat()) assert.ok(!card.includes(text));
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "base",
      "definitions.json",
      "train.json",
      "tuned",
    ]);
  }),
);

Deno.test(
  "finetune: stopped, killed between two checkpoints and resumed it ends in the bits of an unbroken run",
  withFolder(async (folder) => {
    const request = await prepare(folder, { pairs: "texts" });
    await finetune(request, quiet);
    const unbroken = await weights(request.out);
    const out = join(folder, "stopped"), stood: number[] = [];
    // Looked at before each batch, and behind the first of the two that an epoch has.
    const stopped = await finetune({ ...request, out }, {
      ...{ ...quiet, signal: abortedAfter(4), histograms: true },
      step: ({ epoch, batch }) => void stood.push(epoch, batch),
    });
    assert.ok(!stopped.finished && stopped.after === null);
    assert.deepEqual(stood, [1, 2, 2, 1]);
    await assert.rejects(weights(out));
    await assert.rejects(finetune({ ...request, out }, quiet), /holds stopped work; go on with --resume/);
    let steps = 0;
    const killed = () => {
      if (++steps === 2) throw new Error("killed");
    };
    await assert.rejects(resumeFinetune(out, { ...quiet, step: killed }), /killed/);
    const notes: string[] = [];
    assert.ok((await resumeFinetune(out, { ...quiet, note: (note) => notes.push(note) })).finished);
    assert.ok(notes.some((note) => /^Going on after epoch 2\.$/.test(note)), notes.join());
    assert.deepEqual(await weights(out), unbroken);
    // Its two steps an epoch: read together, or one by one where it was stopped or killed.
    const losses = readEvents(out).filter(({ scalars }) => "train/loss" in scalars).map(({ step }) => step);
    assert.deepEqual(losses, [2, 3, 4, 6]);
    assert.deepEqual((await readCurves(out)).get("train/loss")!.map(({ step }) => step), losses);
    const withWeights = readEvents(out).filter(({ tags }) => tags.some((tag) => tag.startsWith("weights/")));
    assert.deepEqual(withWeights.map(({ step }) => step), [2, 4, 6], "histograms go on without being asked for again");
    const after = readEvents(out).at(-1)!;
    assert.deepEqual([after.step, "validation/alignment" in after.scalars], [6, true]);
    await assert.rejects(resumeFinetune(out, quiet), /is tuned already/);
  }),
);

Deno.test(
  "finetune: a checkpoint of an earlier version, of a form of its own, is resumed to the same bits",
  withFolder(async (folder) => {
    const request = await prepare(folder, { pairs: "texts", epochs: 2 }), out = join(folder, "stopped");
    await finetune(request, quiet);
    await finetune({ ...request, out }, { ...quiet, signal: abortedAfter(4) });
    const path = join(`${out}.unfinished`, "checkpoint.safetensors");
    const { tensors, metadata } = await readSafetensors(path);
    const { position, losses, lossScale, fingerprint } = JSON.parse(metadata.state!);
    const { epoch, batch, step, lossSum, lostSteps } = position;
    const earlier = { epoch, batch, step, lossSum, finite: batch - lostSteps, losses, scaling: lossScale };
    assert.deepEqual([epoch, batch, losses.length], [1, 1, 1]);
    const form = { format: "metrograd finetune checkpoint 1", fingerprint, position: JSON.stringify(earlier) };
    await writeSafetensors(path, tensors, form);
    assert.ok((await resumeFinetune(out, quiet)).finished);
    assert.deepEqual(await weights(out), await weights(request.out));
  }),
);

Deno.test(
  "finetune: adapters add changes of their rank to attention's projections and to nothing else, also after a stop",
  withFolder(async (folder) => {
    const request = await prepare(folder, { lora: 1, freeze: 1, pairs: "definitions", epochs: 2, lr: 0.02 });
    const out = join(folder, "stopped"), controller = new AbortController();
    const { losses } = await finetune(request, quiet);
    assert.ok(losses[1]! < losses[0]!, `${losses}`);
    await finetune({ ...request, out }, { ...quiet, signal: controller.signal, step: () => controller.abort() });
    await resumeFinetune(out, quiet);
    assert.deepEqual(await weights(out), await weights(request.out));
    const [before, after] = await Promise.all(
      ["base", "tuned"].map(async (name) => (await readSafetensors(join(folder, name, "model.safetensors"))).tensors),
    );
    assert.deepEqual([...after!.keys()].sort(), [...before!.keys()].sort());
    const changed: string[] = [];
    for (const [name, { data, shape }] of before!) {
      const values = after!.get(name)!.data as Float32Array;
      const change = values.map((value, i) => value - (data as Float32Array)[i]!);
      if (change.every((value) => value === 0)) continue;
      changed.push(name.replace(/^bert\.encoder\.layer\./, ""));
      const largest = Math.max(...change.map(Math.abs)), columns = shape[1]!;
      assert.ok(largest > 1e-3, name);
      // All minors of a matrix of rank 1 are 0.
      for (let i = 0; i + columns + 1 < change.length; i++) {
        const [a, b, c, d] = [i, i + 1, i + columns, i + columns + 1].map((at) => change[at]! / largest);
        assert.ok((i + 1) % columns === 0 || Math.abs(a! * d! - b! * c!) < 1e-4, name);
      }
    }
    assert.deepEqual(changed.sort(), [
      "1.attention.output.dense.weight",
      "1.attention.self.key.weight",
      "1.attention.self.query.weight",
      "1.attention.self.value.weight",
    ]);
  }),
);

Deno.test({
  name: "finetune: in mixed precision the loss falls, and a stopped run ends in the bits of an unbroken one",
  ignore: !engine.capabilities.shaderF16,
  fn: withFolder(async (folder) => {
    const request = await prepare(folder, { precision: "mixed", pairs: "definitions", epochs: 2 });
    const out = join(folder, "stopped"), controller = new AbortController();
    const { losses } = await finetune(request, quiet);
    assert.ok(losses[1]! < losses[0]!, `${losses}`);
    await finetune({ ...request, out }, { ...quiet, signal: controller.signal, step: () => controller.abort() });
    await resumeFinetune(out, quiet);
    assert.deepEqual(await weights(out), await weights(request.out));
  }),
});

Deno.test(
  "finetune: a batch without negatives is trained as pairs, and a warning says so once",
  withFolder(async (folder) => {
    const request = await prepare(folder, { pairs: "definitions", epochs: 1 });
    const metricDefinitions = await put(folder, "one.json", JSON.stringify({ clarity: "the answer" }));
    const warnings: string[] = [];
    const summary = await finetune({ ...request, metricDefinitions }, {
      ...quiet,
      warn: (sentence) => void warnings.push(sentence),
    });
    assert.ok(summary.finished && summary.losses[0]! > 0);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /no usable negatives.*contrastive/);
  }),
);

Deno.test(
  "finetune: what cannot be done is refused in a sentence and leaves nothing behind",
  withFolder(async (folder) => {
    const request = await prepare(folder);
    const refused = (changes: Partial<FinetuneRequest>, message: RegExp) =>
      assert.rejects(finetune({ ...request, ...changes }, quiet), message);
    await refused({ encoder: "hash" }, /gpu:FOLDER is expected/);
    await refused({ encoder: `gpu:${folder}/none` }, /none.config.json does not exist/);
    await refused({ settings: { freeze: 3 } }, /--freeze is 3, but the encoder has 2 layers/);
    await refused({ settings: { freeze: 2 } }, /leaves nothing to train/);
    await refused({ out: join(folder, "base") }, /exists already/);
    await assert.rejects(
      finetune({ ...request, out: join(folder, "base") }, { ...quiet, force: true }),
      /holds something else than a tuned encoder/,
    );
    await assert.rejects(resumeFinetune(request.out, quiet), /nothing to go on with/);
    assert.ok(![...Deno.readDirSync(folder)].some(({ name }) => name.includes("tuned")));
  }),
);

Deno.test(
  "finetune: weight decay is for products and tables, not for biases and norms, and not below what is frozen",
  withFolder(async (folder) => {
    await writeTinyEncoder(folder, "distilbert");
    using encoder = await SentenceEncoder.open(engine, folder);
    const { parameters, undecayed, layers } = chooseTrainable(encoder.network, { freeze: 1, lora: 0, seed: 1 });
    const names = parameters.map(({ name }) => name.replace("encoder.encoder.layer.1.", ""));
    const decayed = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"]
      .concat("intermediate.dense", "output.dense").map((name) => `${name}.weight`);
    assert.equal(layers, 1);
    assert.equal(names.length, 16);
    assert.deepEqual(names.filter((_, i) => !undecayed.includes(parameters[i]!)), decayed);
  }),
);

Deno.test(
  "finetune: a dense layer behind the pooling is tuned too, and its folder is read again",
  withFolder(async (folder) => {
    const asked = await prepare(folder, { epochs: 1, loss: "triplet" });
    const unscored = words.clarity.map((response) => ({ metric_name: "clarity", user_prompt: "", response }));
    const data = [await put(folder, "unscored.json", JSON.stringify(unscored))];
    const request = { ...asked, data, metricDefinitions: null };
    await writeHead(join(folder, "base"), {
      pooling: "cls_token",
      dense: { weight: uniforms(5 * sizes.width, 1), bias: uniforms(5, 2) },
      normalize: true,
      maxTokens: 12,
    });
    const { before, after } = await finetune(request, quiet);
    // Without scores the pairs are two views of each text.
    assert.deepEqual([before.alignmentOf, before.pairs, before.recall], ["texts", 4, null]);
    assert.ok(before.alignment > 0 && after!.alignment !== before.alignment);
    using encoder = await SentenceEncoder.open(engine, request.out);
    assert.deepEqual([encoder.width, encoder.maxTokens], [5, 12]);
    const [pooling, ...others] = encoder.head.modules;
    assert.deepEqual(pooling, { kind: "pooling", modes: ["cls"], includePrompt: true });
    assert.deepEqual(others.map(({ kind }) => kind), ["dense", "normalize"]);
    const { tensors } = await readSafetensors(join(request.out, "2_Dense", "model.safetensors"));
    assert.notDeepEqual(tensors.get("linear.weight")!.data, uniforms(5 * sizes.width, 1));
  }),
);
