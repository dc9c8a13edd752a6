import { MetrogradError } from "../errors.ts";
import type { Draw } from "../random/draw.ts";

/** Which elements a dropout keeps. */
export interface Dropout {
  /** Probability that an element is dropped, in [0, 1). */
  readonly probability: number;
  /** Which random numbers decide. */
  readonly draw: Draw;
}

/** Uniform fields of a dropout, besides those of its draw. */
export const keepUniforms = { threshold: "u32", keep_scale: "f32" } as const;

/**
 * Values of the uniform fields of a dropout: an element is kept, and multiplied by `keep_scale`, when its random word is
 * at least `threshold`.
 *
 * @throws MetrogradError when the probability is not in [0, 1)
 */
export function keepValues(probability: number): Record<keyof typeof keepUniforms, number> {
  if (!(probability >= 0 && probability < 1)) {
    throw new MetrogradError(`dropout: the probability must be at least 0 and under 1, but is ${probability}.`);
  }
  return { threshold: Math.min(Math.round(probability * 2 ** 32), 0xffffffff), keep_scale: 1 / (1 - probability) };
}
