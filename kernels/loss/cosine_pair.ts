import code from "./cosine_pair.wgsl" with { type: "text" };
import stableCode from "../elementwise/stable.wgsl" with { type: "text" };
import { cosineEpsilon } from "../distance/normalize.ts";
import type { BufferSlice, Launcher } from "../launcher.ts";
import { defineRowKernel, dispatchRows } from "../reduction/row_lanes.ts";
import { type ReducedLossOptions, withReduction } from "./reduction.ts";

/** Operands and sizes that all functions of the cosine of paired rows have. */
export interface CosineOptions {
  /** [count, columns] */
  readonly x: BufferSlice;
  /** [count, columns] */
  readonly y: BufferSlice;
  /** Output, [count, columns]: gradient for x, for an upstream gradient of 1. */
  readonly gradientX: BufferSlice;
  /** Output, [count, columns]: gradient for y. */
  readonly gradientY: BufferSlice;
  /** Number of pairs. */
  readonly count: number;
  /** Length of a row. */
  readonly columns: number;
  /** Length below which a row counts as this long; 1e-8 by default. */
  readonly epsilon?: number;
}

/** Operands and sizes of `cosineSimilarity`. */
export interface CosineSimilarityOptions extends CosineOptions {
  /** Output, [count]. */
  readonly similarity: BufferSlice;
}

/** Operands and sizes of a loss of the cosine of paired rows. */
export interface CosineLossOptions extends CosineOptions, ReducedLossOptions {
  /** Number of pairs. */
  readonly count: number;
  /** 1 for similar pairs; 0 or -1 for others, [count]. */
  readonly target: BufferSlice;
  /** How far, or how dissimilar, pairs that are not similar should be. */
  readonly margin?: number;
}

const kernelsOf = (kind: number, label: string) =>
  [0, 1].map((weighted) =>
    defineRowKernel({
      label,
      code: `${stableCode}\n${code}`,
      bindings: {
        x: "read",
        y: "read",
        target: "read",
        weight: "read",
        loss: "write",
        gradientX: "write",
        gradientY: "write",
      },
      uniforms: { rows: "u32", columns: "u32", margin: "f32", epsilon: "f32", gradient_scale: "f32" },
      constants: { kind, weighted },
    })
  );
const similarityKernels = kernelsOf(0, "distance.cosine");
const contrastiveKernels = kernelsOf(1, "loss.contrastive");
const embeddingKernels = kernelsOf(2, "loss.cosine_embedding");

/** x . y / (max(|x|, epsilon) max(|y|, epsilon)) of paired rows with its gradients. */
export function cosineSimilarity(launcher: Launcher, options: CosineSimilarityOptions): void {
  const { x, y, similarity: loss, gradientX, gradientY, count: rows, columns, epsilon = cosineEpsilon } = options;
  dispatchRows(
    launcher,
    similarityKernels[0]!,
    { x, y, target: x, weight: x, loss, gradientX, gradientY },
    { rows, columns, margin: 0, epsilon, gradient_scale: 1 },
    { rows, columns },
  );
}

function cosineLoss(
  launcher: Launcher,
  kernels: typeof contrastiveKernels,
  options: CosineLossOptions,
  margin: number,
): void {
  const { x, y, target, weight, gradientX, gradientY, count: rows, columns, epsilon = cosineEpsilon } = options;
  withReduction(launcher, options, (loss, gradient_scale) =>
    dispatchRows(
      launcher,
      kernels[weight ? 1 : 0]!,
      { x, y, target, weight: weight ?? target, loss, gradientX, gradientY },
      { rows, columns, margin, epsilon, gradient_scale },
      { rows, columns },
    ));
}

/**
 * d² / 2 for similar pairs and max(0, margin - d)² / 2 for others, d = 1 - cosine, with its gradients. The margin is 0.5
 * by default.
 *
 * @see Hadsell, Chopra, LeCun, "Dimensionality reduction by learning an invariant mapping" (2006)
 */
export function contrastive(launcher: Launcher, options: CosineLossOptions): void {
  cosineLoss(launcher, contrastiveKernels, options, options.margin ?? 0.5);
}

/** 1 - cosine for similar pairs and max(0, cosine - margin) for others, with its gradients. The margin is 0 by default. */
export function cosineEmbedding(launcher: Launcher, options: CosineLossOptions): void {
  cosineLoss(launcher, embeddingKernels, options, options.margin ?? 0);
}
