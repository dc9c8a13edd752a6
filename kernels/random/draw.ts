import type { UniformValue } from "../launcher.ts";
import philoxCode from "./philox.wgsl" with { type: "text" };

/**
 * Which random numbers a launch draws. Element i gets word i of the numbers of (seed, stream, step, use); with step and
 * use 0 these are the words of the host's `new Philox(seed, stream)`.
 */
export interface Draw {
  /** Keeps runs apart. */
  readonly seed: number;
  /** Keeps purposes of the same seed apart. */
  readonly stream?: number;
  /** Step of the training, so that every step draws anew. */
  readonly step?: number;
  /** Number of the use in the step, such as that of the dropout layer. */
  readonly use?: number;
  /** Number of the first word that is drawn, a multiple of 4: for what is drawn in parts. Only `fill...` take it. */
  readonly from?: number;
  /** Where a launch that is repeated has seed and step from; as they are here by default. */
  readonly source?: { readonly seed: number; readonly step: number } | undefined;
}

/** Uniform fields of a draw. */
export const drawUniforms = { seed: "u32", stream: "u32", step: "u32", use_number: "u32" } as const;

/** Values of the uniform fields of a draw. */
export function drawValues(
  { seed, stream = 0, step = 0, use = 0, source }: Draw,
): Record<keyof typeof drawUniforms, UniformValue> {
  const fixed = { stream: stream >>> 0, use_number: use >>> 0 };
  if (!source) return { ...fixed, seed: seed >>> 0, step: step >>> 0 };
  return {
    ...fixed,
    seed: { value: seed >>> 0, now: () => source.seed >>> 0 },
    step: { value: step >>> 0, now: () => source.step >>> 0 },
  };
}

/** A shader with Philox put before it. */
export function withPhilox(code: string): string {
  return `${philoxCode}\n${code}`;
}
