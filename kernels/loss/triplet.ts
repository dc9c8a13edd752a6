import code from "./triplet.wgsl" with { type: "text" };
import stableCode from "../elementwise/stable.wgsl" with { type: "text" };
import type { BufferSlice, Launcher } from "../launcher.ts";
import { defineRowKernel, dispatchRows } from "../reduction/row_lanes.ts";
import { type ReducedLossOptions, withReduction } from "./reduction.ts";

/** Operands and sizes of `tripletHinge`; `count` is the number of triplets. */
export interface TripletHingeOptions extends ReducedLossOptions {
  /** [count, columns] */
  readonly anchor: BufferSlice;
  /** What the anchor should be near to, [count, columns]. */
  readonly positive: BufferSlice;
  /** What it should be far from, [count, columns]. */
  readonly negative: BufferSlice;
  /** Outputs, gradients of the loss for an upstream gradient of 1, each [count, columns]. */
  readonly gradients: { readonly anchor: BufferSlice; readonly positive: BufferSlice; readonly negative: BufferSlice };
  /** Length of a row. */
  readonly columns: number;
  /** How much nearer the positive has to be; 1 by default. */
  readonly margin?: number;
  /** Takes squared Euclidean distances. */
  readonly squared?: boolean;
}

const kernels = [0, 1].map((squared) =>
  [0, 1].map((weighted) =>
    defineRowKernel({
      label: squared ? "loss.triplet_squared" : "loss.triplet",
      code: `${stableCode}\n${code}`,
      bindings: {
        anchor: "read",
        positive: "read",
        negative: "read",
        weight: "read",
        loss: "write",
        gradientAnchor: "write",
        gradientPositive: "write",
        gradientNegative: "write",
      },
      uniforms: { rows: "u32", columns: "u32", margin: "f32", gradient_scale: "f32" },
      constants: { squared, weighted },
    })
  )
);

/**
 * max(0, d(anchor, positive) - d(anchor, negative) + margin) with its gradients, of Euclidean distances or their squares.
 *
 * @see Schroff, Kalenichenko, Philbin, "FaceNet: a unified embedding for face recognition and clustering" (2015)
 */
export function tripletHinge(launcher: Launcher, options: TripletHingeOptions): void {
  const { anchor, positive, negative, weight, gradients, count: rows, columns, margin = 1, squared } = options;
  withReduction(launcher, options, (loss, gradient_scale) =>
    dispatchRows(
      launcher,
      kernels[squared ? 1 : 0]![weight ? 1 : 0]!,
      {
        anchor,
        positive,
        negative,
        weight: weight ?? anchor,
        loss,
        gradientAnchor: gradients.anchor,
        gradientPositive: gradients.positive,
        gradientNegative: gradients.negative,
      },
      { rows, columns, margin, gradient_scale },
      { rows, columns },
    ));
}
