import code from "./loss_scale.wgsl" with { type: "text" };
import statusCode from "./status.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, type Launcher } from "../launcher.ts";
import { largestFloat } from "./gradient_norm.ts";

const kernel = defineKernel({
  label: "loss_scale",
  code: `${statusCode}\n${code}`,
  bindings: { status: "write", lossScale: "write" },
  uniforms: { max_norm: "f32", growth: "f32", backoff: "f32", interval: "f32" },
});

/** Bytes of a loss scale: scale, good steps since it changed, skipped steps (all f32). */
export const lossScaleBytes = 12;

/** How a loss scale moves. */
export interface LossScaleSettings {
  /** What it is multiplied by after `growthInterval` good steps in a row; 2 by default. */
  readonly growthFactor?: number;
  /** What it is multiplied by where a gradient cannot be used; 0.5 by default. */
  readonly backoffFactor?: number;
  /** 2000 by default. */
  readonly growthInterval?: number;
}

/** Operands of `unscaleGradient`. */
export interface UnscaleOptions extends LossScaleSettings {
  /** What `gradientNorm` wrote, without a largest norm, of the gradient of scale x loss. Becomes that of the loss. */
  readonly status: BufferSlice;
  /** [3]: scale, good steps, skipped steps; changed in place. */
  readonly lossScale: BufferSlice;
  /** Largest norm of the loss's gradient; none by default. */
  readonly maxNorm?: number;
}

/**
 * Takes a loss scale out of a gradient's status, so that optimisers divide by it as they clip, and moves the scale on: down where
 * the gradient cannot be used, and the step is skipped; up after enough good steps, to 2^64 at most.
 *
 * @see Micikevicius et al., "Mixed precision training" (2018)
 */
export function unscaleGradient(
  launcher: Launcher,
  {
    status,
    lossScale,
    maxNorm = Infinity,
    growthFactor: growth = 2,
    backoffFactor: backoff = 0.5,
    growthInterval: interval = 2000,
  }: UnscaleOptions,
): void {
  const max_norm = Math.min(maxNorm, largestFloat);
  launcher.dispatch(kernel, { status, lossScale }, { max_norm, growth, backoff, interval }, [1]);
}
