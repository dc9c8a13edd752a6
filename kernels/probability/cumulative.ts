import stableCode from "../elementwise/stable.wgsl" with { type: "text" };
import sharedCode from "./cumulative.wgsl" with { type: "text" };
import backwardCode from "./cumulative_backward.wgsl" with { type: "text" };
import forwardCode from "./cumulative_forward.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, type Launcher, workgroupGrid } from "../launcher.ts";
import type { ProbabilityRows } from "./expected_score.ts";

const prelude = `${stableCode}\n${sharedCode}`;
const uniforms = { rows: "u32", classes: "u32", epsilon: "f32" } as const;
const forward = defineKernel({
  label: "cumulative_probabilities",
  code: `${prelude}\n${forwardCode}`,
  bindings: { logits: "read", probabilities: "write" },
  uniforms,
});
const backward = defineKernel({
  label: "cumulative_probabilities.backward",
  code: `${prelude}\n${backwardCode}`,
  bindings: { logits: "read", dprobabilities: "read", dlogits: "write" },
  uniforms,
});

/** Added to the sum that the probabilities are divided by. */
const epsilon = 1e-8;
const grid = (rows: number) => workgroupGrid(Math.ceil(rows / 8));

/**
 * Probabilities of classes from logits of cumulative ones, c_k = sigmoid(logit k): q_k = max(c_k - c_(k-1), 0) with
 * c_(-1) = 0, over Σ q + 1e-8. Both are [rows, classes].
 */
export function cumulativeProbabilities(
  launcher: Launcher,
  { logits, probabilities, rows, classes }: ProbabilityRows & { logits: BufferSlice; probabilities: BufferSlice },
): void {
  launcher.dispatch(forward, { logits, probabilities }, { rows, classes, epsilon }, grid(rows));
}

/** The gradient of `cumulativeProbabilities` for the logits. */
export function cumulativeProbabilitiesBackward(
  launcher: Launcher,
  { logits, dprobabilities, dlogits, rows, classes }: ProbabilityRows & {
    logits: BufferSlice;
    dprobabilities: BufferSlice;
    dlogits: BufferSlice;
  },
): void {
  launcher.dispatch(backward, { logits, dprobabilities, dlogits }, { rows, classes, epsilon }, grid(rows));
}
