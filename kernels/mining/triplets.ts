import code from "./triplets.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, type Launcher, workgroupGrid } from "../launcher.ts";
import { type Draw, drawUniforms, drawValues, withPhilox } from "../random/draw.ts";
import { expectSettings } from "../settings.ts";

/**
 * Which triplet an anchor gets: "random", any; "hard", the farthest positive and the nearest negative; "semihard", a
 * random positive and the nearest negative beyond it (or the farthest negative, where none lies beyond).
 */
export type MiningKind = "random" | "hard" | "semihard";

/** What counts as alike. */
export interface ScoreBounds {
  /** Positives are at most this far in score; 1 by default. */
  readonly positiveWithin?: number;
  /** Negatives are at least this far in score; 3 by default. */
  readonly negativeFrom?: number;
}

/** Operands and sizes of `mineTriplets`. */
export interface MineTripletsOptions extends ScoreBounds {
  /** Distances of all rows of a batch to all others, [count, count]. */
  readonly distance: BufferSlice;
  /** [count] */
  readonly score: BufferSlice;
  /** Output (u32), number of each anchor's positive, [count]; the anchor's own where there is none. */
  readonly positive: BufferSlice;
  /** Output (u32), number of each anchor's negative, [count]; the anchor's own where there is none. */
  readonly negative: BufferSlice;
  /** Output (f32), 1 for anchors that have both, else 0, [count]. */
  readonly found: BufferSlice;
  /** Rows of the batch. */
  readonly count: number;
  /** Which random numbers; "hard" takes none. */
  readonly draw: Draw;
}

const kernelOf = (name: MiningKind, kind: number) =>
  defineKernel({
    label: `mining.${name}`,
    code: withPhilox(code),
    bindings: { distance: "read", score: "read", positive: "write", negative: "write", found: "write" },
    uniforms: { count: "u32", positive_within: "f32", negative_from: "f32", ...drawUniforms },
    constants: { kind },
  });
const kernels = { random: kernelOf("random", 0), hard: kernelOf("hard", 1), semihard: kernelOf("semihard", 2) };

/**
 * One triplet for each row of a batch, in one pass over the distances: neither memory nor time grows with count³.
 *
 * @throws UsageError for another kind, or a bound that is NaN
 * @see Hermans, Beyer, Leibe, "In defense of the triplet loss for person re-identification" (2017)
 * @see Schroff, Kalenichenko, Philbin, "FaceNet: a unified embedding for face recognition and clustering" (2015)
 */
export function mineTriplets(launcher: Launcher, kind: MiningKind, options: MineTripletsOptions): void {
  const { distance, score, positive, negative, found, count, draw } = options;
  const { positiveWithin: positive_within = 1, negativeFrom: negative_from = 3 } = options;
  const settings = { mining: kind, positiveWithin: positive_within, negativeFrom: negative_from };
  expectSettings("mine_triplets", settings, { mining: Object.keys(kernels) });
  launcher.dispatch(
    kernels[kind],
    { distance, score, positive, negative, found },
    { count, positive_within, negative_from, ...drawValues(draw) },
    workgroupGrid(Math.ceil(count / 8)),
  );
}
