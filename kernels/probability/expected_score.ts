import code from "./expected_score.wgsl" with { type: "text" };
import backwardCode from "./expected_score_backward.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";
import { defineRowKernel, dispatchRows } from "../reduction/row_lanes.ts";

const forward = defineRowKernel({
  label: "expected_score",
  code,
  bindings: { probabilities: "read", score: "write" },
  uniforms: { rows: "u32", classes: "u32" },
});
const backward = defineKernel({
  label: "expected_score.backward",
  code: backwardCode,
  bindings: { dscore: "read", dprobabilities: "write" },
  uniforms: { count: "u32", classes: "u32" },
});

/** Sizes of a matrix of probabilities. */
export interface ProbabilityRows {
  /** Number of samples. */
  readonly rows: number;
  /** Number of classes, from 0. */
  readonly classes: number;
}

/** score = Σ k probabilities_k, k from 0: [rows, classes] to [rows]. */
export function expectedScore(
  launcher: Launcher,
  { probabilities, score, rows, classes }: ProbabilityRows & { probabilities: BufferSlice; score: BufferSlice },
): void {
  dispatchRows(launcher, forward, { probabilities, score }, { rows, classes }, { rows, columns: classes });
}

/** dprobabilities [rows, classes] = k dscore [rows]. */
export function expectedScoreBackward(
  launcher: Launcher,
  { dscore, dprobabilities, rows, classes }: ProbabilityRows & { dscore: BufferSlice; dprobabilities: BufferSlice },
): void {
  const count = rows * classes;
  launcher.dispatch(backward, { dscore, dprobabilities }, { count, classes }, elementGrid(count));
}
