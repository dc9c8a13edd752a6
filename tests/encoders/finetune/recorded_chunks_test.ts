import assert from "node:assert/strict";
import { ChunkedBackward } from "../../../encoders/finetune/chunked_backward.ts";
import { chooseTrainable } from "../../../encoders/finetune/trainable.ts";
import { SentenceEncoder } from "../../../encoders/network/sentence_encoder.ts";
import type { SentenceBatch } from "../../../encoders/network/sentence_network.ts";
import { contrastiveLoss } from "../../../engine/ops/metric_losses.ts";
import { AdamW } from "../../../engine/optim/adam.ts";
import { GradScaler } from "../../../engine/optim/grad_scaler.ts";
import type { Tensor } from "../../../engine/tensors/tensor.ts";
import { testEngine } from "../../engine/harness.ts";
import { withFolder } from "../../temporary.ts";
import cases from "../network/rotary.json" with { type: "json" };
import { type RotaryCase, writeRotaryFolder } from "../network/rotary_cases.ts";
import { writeTinyEncoder } from "../network/tiny_encoder.ts";

const engine = await testEngine();

/** Rows of the chunks of each step: rows 0 to 3 are short, the others long. A chunk of two long ones comes once. */
const short = [[1, 0], [2, 3]], long = [[4, 5, 6], ...short];
const steps = [long, long, long, [[4, 5], [6, 1, 0], [2, 3]], long, short, long];
/** Chunks that are repeated: all but the first two of each shape, with a tape and without one. */
const repeated = 28;
/** Tokens of each row. Row 1 has a larger one than the chunk that its shape is recorded with. */
const sequences = [9, 8, 7, 6, 21, 22, 23].map((length, row) =>
  Array.from({ length }, (_, i) => row === 1 ? 12 : 4 + (7 * i + length) % 6)
);

/** Tunes the encoder of a folder for some steps: bits of losses and weights, and how many chunks were repeated. */
async function tune(folder: string, asWritten: boolean, { lora = 0, freeze = 0, mixed = false, cached = true } = {}) {
  const before = engine.pool.liveLabels().toSorted(), reasons: string[] = [], results: Uint32Array[] = [];
  let replays = 0;
  const { replay } = engine.stream, { capture } = engine;
  engine.stream.replay = (one) => {
    replays++;
    replay.call(engine.stream, one);
  };
  engine.capture = (body, options) => {
    const captured = capture.call(engine, body as never, options);
    if (asWritten) captured.run = (inputs) => engine.step(() => body(inputs as never));
    return captured as never;
  };
  {
    using encoder = await SentenceEncoder.open(engine, folder);
    encoder.network.train();
    const { parameters } = chooseTrainable(encoder.network, { lora, freeze, seed: 1 });
    using optimizer = new AdamW(parameters, { lr: 1e-2 });
    const scaler = mixed ? new GradScaler(engine, { initScale: 256 }) : null;
    using chunked = new ChunkedBackward(engine, (sent: SentenceBatch) => encoder.network.forward(sent), {
      mixed,
      onFallback: (reason) => reasons.push(reason),
    });
    engine.random.seed = 3;
    for (const [step, chunks] of steps.entries()) {
      optimizer.zeroGrad();
      const rows = chunks.flat();
      const loss = await chunked.run({
        chunks,
        cached,
        scaler,
        firstDraw: 100 * step,
        send: (picked) => encoder.batch(picked.map((row) => sequences[row]!)),
        loss: (pick) => contrastiveLoss({ x: pick(rows), y: pick(rows.toReversed()), target: ones(rows.length) }, {}),
      });
      await engine.step(() => {
        optimizer.clipGradNorm(1, scaler).dispose();
        optimizer.step();
      });
      results.push(new Uint32Array((await loss.data()).buffer));
      loss.dispose();
    }
    for (const values of await engine.read(parameters)) results.push(new Uint32Array(values.buffer));
    scaler?.dispose();
  }
  Object.assign(engine, { capture });
  Object.assign(engine.stream, { replay });
  assert.deepEqual(engine.pool.liveLabels().toSorted(), before);
  return { results, reasons, replays };
}

const ones = (count: number): Tensor => engine.full([count], 1);

const encoders: Readonly<
  Record<string, [write: (folder: string) => Promise<unknown>, options?: Parameters<typeof tune>[2]]>
> = {
  "bert": [(folder) => writeTinyEncoder(folder, "bert")],
  "mpnet, whose attention has a bias for distances,": [(folder) => writeTinyEncoder(folder, "mpnet")],
  "modernbert, with rotary positions and low-rank adapters,": [
    (folder) => writeRotaryFolder(folder, cases.modernbert as unknown as RotaryCase),
    { lora: 2, freeze: 1 },
  ],
  "bert in mixed precision": [(folder) => writeTinyEncoder(folder, "bert"), { mixed: true }],
};
for (const [name, [write, options]] of Object.entries(encoders)) {
  Deno.test({
    name: `recorded chunks: ${name} comes to the bits of chunks that run as they are written`,
    ignore: options?.mixed === true && !engine.capabilities.shaderF16,
    fn: withFolder(async (folder) => {
      await write(folder);
      const expected = await tune(folder, true, options), found = await tune(folder, false, options);
      assert.deepEqual(found.results, expected.results);
      assert.deepEqual([found.reasons, found.replays, expected.replays], [[], repeated, 0]);
    }),
  });
}

Deno.test(
  "recorded chunks: a batch whose chunks are all on one tape runs as it is written, and says so once",
  withFolder(async (folder) => {
    await writeTinyEncoder(folder, "bert");
    const { reasons, replays } = await tune(folder, false, { cached: false });
    assert.deepEqual([reasons, replays], [["a batch fits on one tape as a whole"], 0]);
  }),
);
