import stableCode from "../elementwise/stable.wgsl" with { type: "text" };
import featuresCode from "./scml_features.wgsl" with { type: "text" };
import localCode from "./scml_local.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";
import { defineRowKernel, dispatchRows } from "../reduction/row_lanes.ts";

const localKernel = defineRowKernel({
  label: "distance.scml_local",
  code: localCode,
  bindings: { u: "read", s: "read", distance: "write", gradientU: "write", gradientS: "write" },
  uniforms: { rows: "u32", columns: "u32" },
});

/** Operands and sizes of `scmlLocal`. */
export interface ScmlLocalOptions {
  /** Roots of the weights of the basis vectors, a z + c, [rows, columns]. */
  readonly u: BufferSlice;
  /** Differences along the basis vectors, (x - y) B, [rows, columns]. */
  readonly s: BufferSlice;
  /** Output, [rows]. */
  readonly distance: BufferSlice;
  /** Output, [rows, columns]: gradient of each distance for its row of u. */
  readonly gradientU: BufferSlice;
  /** Output, [rows, columns]: gradient of each distance for its row of s. */
  readonly gradientS: BufferSlice;
  /** Number of pairs. */
  readonly rows: number;
  /** Number of basis vectors. */
  readonly columns: number;
}

/**
 * Σ_i (u_i s_i)² with its gradients: the local distance of sparse compositional metric learning.
 *
 * @see Shi, Bellet, Sha, "Sparse compositional metric learning" (2014), section 3.3
 */
export function scmlLocal(launcher: Launcher, options: ScmlLocalOptions): void {
  const { u, s, distance, gradientU, gradientS, rows, columns } = options;
  dispatchRows(launcher, localKernel, { u, s, distance, gradientU, gradientS }, { rows, columns }, { rows, columns });
}

const featuresKernel = defineKernel({
  label: "distance.scml_features",
  code: `${stableCode}\n${featuresCode}`,
  bindings: { t: "read", s: "read", phi: "write", gradientT: "write", gradientS: "write" },
  uniforms: { count: "u32" },
});

/** Operands and sizes of `scmlFeatures`. */
export interface ScmlFeaturesOptions {
  /** Logits of the weights of the basis vectors, [count]. */
  readonly t: BufferSlice;
  /** Coordinates along the basis vectors, [count]. */
  readonly s: BufferSlice;
  /** Output, [count]. */
  readonly phi: BufferSlice;
  /** Output, [count]: derivative of phi for t. */
  readonly gradientT: BufferSlice;
  /** Output, [count]: derivative of phi for s. */
  readonly gradientS: BufferSlice;
  /** Number of features. */
  readonly count: number;
}

/** phi = sqrt(softplus(t)) s with its derivatives, for t of any size. */
export function scmlFeatures(launcher: Launcher, options: ScmlFeaturesOptions): void {
  const { t, s, phi, gradientT, gradientS, count } = options;
  launcher.dispatch(featuresKernel, { t, s, phi, gradientT, gradientS }, { count }, elementGrid(count));
}
