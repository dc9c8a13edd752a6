import stableCode from "../elementwise/stable.wgsl" with { type: "text" };
import code from "./ordinal.wgsl" with { type: "text" };
import type { Launcher } from "../launcher.ts";
import { defineRowKernel, dispatchRows } from "../reduction/row_lanes.ts";
import { withReduction } from "./reduction.ts";
import type { ClassLossOptions } from "./softmax_loss.ts";

const kernels = [0, 1].map((weighted) =>
  defineRowKernel({
    label: "loss.ordinal",
    code: `${stableCode}\n${code}`,
    bindings: { logits: "read", target: "read", weight: "read", loss: "write", gradient: "write" },
    uniforms: { rows: "u32", classes: "u32", gradient_scale: "f32" },
    constants: { weighted },
  })
);

/**
 * Mean over the logits of the binary cross-entropy of sigmoid(logit k), read as the probability of a class up to k, with 1
 * for k >= target, else 0; with its gradient.
 *
 * @see Cheng, Wang, Pollastri, "A neural network approach to ordinal regression" (2008)
 */
export function ordinal(launcher: Launcher, options: ClassLossOptions): void {
  const { logits, target, weight, gradient, count: rows, classes } = options;
  withReduction(launcher, options, (loss, gradient_scale) =>
    dispatchRows(
      launcher,
      kernels[weight ? 1 : 0]!,
      { logits, target, weight: weight ?? logits, loss, gradient },
      { rows, classes, gradient_scale },
      { rows, columns: classes },
    ));
}
