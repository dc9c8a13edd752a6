import assert from "node:assert/strict";
import { createPhaseReporter } from "../../cli/output/phase_progress.ts";
import { createTrainReporter } from "../../cli/output/progress.ts";
import { duration } from "../../cli/output/bar.ts";
import type { Terminal } from "../../cli/output/terminal.ts";
import { recordingTerminal } from "./harness.ts";

/** Two epochs of four batches, a second each. */
function train(terminal: Terminal): void {
  let seconds = 0;
  const reporter = createTrainReporter(terminal, () => seconds * 1000);
  reporter.adapter?.({ description: "llvmpipe", backend: "gl", software: true });
  reporter.start?.({ epochs: 2, epochsDone: 0, fitted: false });
  for (let epoch = 1; epoch <= 2; epoch++) {
    for (let batch = 1; batch <= 4; batch++) {
      seconds++;
      reporter.step?.({ epoch, batch, batches: 4, loss: 0.5 });
    }
    const figures = { validationRmse: 1.25, mismatchedRmse: 2.5, selection: 1.25, learningRate: 1e-4, gradientNorm: 1 };
    reporter.epoch?.({ epoch, trainLoss: 0.75, ...figures }, epoch === 1);
  }
  reporter.end?.();
}

Deno.test("progress: a line an epoch where stderr is no screen", () => {
  const { terminal, written } = recordingTerminal();
  train(terminal);
  assert.equal(written.out, "");
  assert.deepEqual(written.err.split("\n"), [
    "Runs on llvmpipe (gl).",
    "Warning: This adapter computes on the CPU; a GPU is many times faster (see: deno task doctor).",
    "epoch 1/2  RMSE 1.2500, mismatched 2.5000  best  loss 0.7500  lr 0.0001  ≤ 4 s left  1.0 steps/s",
    "epoch 2/2  RMSE 1.2500, mismatched 2.5000        loss 0.7500  lr 0.0001  1.0 steps/s",
    "",
  ]);
});

Deno.test("progress: a screen keeps the epochs too, above one line that is written over and taken away in the end", () => {
  const { terminal, written } = recordingTerminal({ interactive: true });
  train(terminal);
  const [, , ...shown] = written.err.split("\n").map((line) => line.split("\r\x1b[K"));
  const kept = shown.map((frames) => frames.at(-1));
  assert.deepEqual(kept, [
    // The warning is longer than the screen is wide.
    "task doctor).",
    "epoch 1/2  RMSE 1.2500, mismatched 2.5000  best  loss 0.7500  lr 0.0001",
    "epoch 2/2  RMSE 1.2500, mismatched 2.5000        loss 0.7500  lr 0.0001",
    "",
  ]);
  const frames = shown.flat();
  assert.ok(
    frames.includes("epoch 2/2 ━━━━━━┄┄┄┄┄┄  RMSE 1.250, mismatched 2.500  ≤ 2 s left  1.0 steps/s"),
    written.err,
  );
  assert.ok(frames.every((frame) => Array.from(frame).length < 80 && !frame.includes("…")));
});

/** A fit of two phases, the second of which takes a quarter of a minute. */
function fit(terminal: Terminal): void {
  let seconds = 0;
  const reporter = createTrainReporter(terminal, () => seconds * 1000);
  reporter.start?.({ epochs: 1, epochsDone: 0, fitted: true });
  reporter.phase!("searching scales");
  for (let done = 0; done <= 30; done++, seconds += 0.5) reporter.phase!("solving", done, 30);
  const figures = { validationRmse: 1.25, mismatchedRmse: 2.5, selection: 1.25, learningRate: 1e-3, gradientNorm: 0 };
  reporter.epoch?.({ epoch: 1, trainLoss: 0, ...figures }, true);
  reporter.end?.();
}

Deno.test("progress: a fit in closed form shows its phases, and no epoch, loss or learning rate", () => {
  const { terminal, written } = recordingTerminal();
  fit(terminal);
  assert.deepEqual(written.err.split("\n"), [
    "searching scales ...",
    "solving ...",
    "solving ━━━━━━━━┄┄┄┄  20/30  5 s left",
    "Fitted in 16 s: RMSE 1.2500, mismatched 2.5000",
    "",
  ]);
});

Deno.test("progress: on a screen phases are one line that is written over", () => {
  const { terminal, written } = recordingTerminal({ interactive: true });
  fit(terminal);
  const frames = written.err.split("\r\x1b[K");
  assert.ok(frames.includes("searching scales ..."));
  assert.ok(frames.includes("solving ━━━━━━━━┄┄┄┄  20/30  5 s left"));
  assert.equal(frames.at(-1), "");
  assert.equal(written.err.split("\n").length, 2);
});

Deno.test("progress: of a phase whose parts are not counted the share that is done is shown", () => {
  const { terminal, written } = recordingTerminal({ interactive: true });
  let seconds = 0;
  const { phase } = createTrainReporter(terminal, () => seconds * 1000);
  for (const share of [0, 0.333]) {
    phase!("learning", share, 1);
    seconds++;
  }
  assert.ok(written.err.endsWith("learning ━━━━┄┄┄┄┄┄┄┄  33 %  3 s left"), written.err);
});

Deno.test("progress: where short phases are not announced, only long ones are told of in lines", () => {
  const { terminal, written } = recordingTerminal();
  let seconds = 0;
  const { show } = createPhaseReporter(terminal, () => seconds * 1000, false);
  for (; seconds < 3; seconds++) show("measuring", seconds, 3);
  for (; seconds < 20; seconds++) show("scoring", seconds - 3, 20);
  assert.equal(written.err, "scoring ━━━━━━┄┄┄┄┄┄  10/20  10 s left\n");
});

Deno.test("progress: the same warning comes once, however many folds or members find it", () => {
  const { terminal, written } = recordingTerminal();
  const reporter = createTrainReporter(terminal);
  for (const sentence of ["a", "b", "a"]) reporter.warn?.(sentence);
  assert.equal(written.err, "Warning: a\nWarning: b\n");
});

Deno.test("progress: --quiet keeps the warning about a software adapter only", () => {
  for (const interactive of [false, true]) {
    const { terminal, written } = recordingTerminal({ interactive });
    terminal.quiet = true;
    train(terminal);
    assert.match(written.err, /^Warning: This adapter [^()]*\(see: deno\stask doctor\)\.\n$/);
  }
});

Deno.test("progress: durations read as one would say them", () => {
  assert.deepEqual([0.2, 59, 60, 125, 4800].map(duration), ["1 s", "59 s", "1 min 0 s", "2 min 5 s", "1 h 20 min"]);
});
