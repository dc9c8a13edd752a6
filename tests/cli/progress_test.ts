import assert from "node:assert/strict";
import { createTrainReporter, duration } from "../../cli/progress.ts";
import type { Terminal } from "../../cli/terminal.ts";
import { recordingTerminal } from "./harness.ts";

/** Two epochs of four batches, a second each. */
function train(terminal: Terminal): void {
  let seconds = 0;
  const reporter = createTrainReporter(terminal, () => seconds * 1000);
  reporter.adapter({ description: "llvmpipe", backend: "gl", software: true });
  reporter.start({ epochs: 2, epochsDone: 0 });
  for (let epoch = 1; epoch <= 2; epoch++) {
    for (let batch = 1; batch <= 4; batch++) {
      seconds++;
      reporter.step({ epoch, batch, batches: 4, loss: 0.5 });
    }
    const figures = { validationRmse: 1.25, mismatchedRmse: 2.5, selection: 1.25, learningRate: 1e-4, gradientNorm: 1 };
    reporter.epoch({ epoch, trainLoss: 0.75, ...figures }, epoch === 1);
  }
  reporter.end();
}

Deno.test("progress: a line an epoch where stderr is no screen", () => {
  const { terminal, written } = recordingTerminal();
  train(terminal);
  assert.equal(written.out, "");
  assert.deepEqual(written.err.split("\n"), [
    "Runs on llvmpipe (gl).",
    "Warning: This adapter computes on the CPU; a GPU is many times faster (see: deno task doctor).",
    "epoch 1/2  loss 0.7500  RMSE 1.2500, mismatched 2.5000  learning rate 0.0001  ≤ 4 s left  1.0 steps/s  best so far",
    "epoch 2/2  loss 0.7500  RMSE 1.2500, mismatched 2.5000  learning rate 0.0001  1.0 steps/s",
    "",
  ]);
});

Deno.test("progress: one line that is written over and taken away in the end, where stderr is a screen", () => {
  const { terminal, written } = recordingTerminal({ interactive: true });
  train(terminal);
  const [, , progress = ""] = written.err.split("\n");
  const frames = progress.split("\r\x1b[K");
  assert.equal(frames.at(-1), "");
  assert.ok(
    frames.includes("epoch 2/2 ━━━━━━┄┄┄┄┄┄  ≤ 2 s left  1.0 steps/s  loss 0.500  RMSE 1.250, misma…"),
    progress,
  );
  assert.ok(frames.every((frame) => Array.from(frame).length < 80));
});

Deno.test("progress: --quiet keeps the warning about a software adapter only", () => {
  for (const interactive of [false, true]) {
    const { terminal, written } = recordingTerminal({ interactive });
    terminal.quiet = true;
    train(terminal);
    assert.match(written.err, /^Warning: This adapter [^\n]*\n$/);
  }
});

Deno.test("progress: durations read as one would say them", () => {
  assert.deepEqual([0.2, 59, 60, 125, 4800].map(duration), ["1 s", "59 s", "1 min 0 s", "2 min 5 s", "1 h 20 min"]);
});
