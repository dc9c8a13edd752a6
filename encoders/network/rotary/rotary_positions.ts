import { type RotaryScaling, scaledFrequencies } from "./rotary_scaling.ts";
import type { Tensor, TensorEngine } from "../../../engine/tensors/tensor.ts";

/** Rotary positions of a layer. */
export interface RotaryPositions {
  /** Base of the frequencies. */
  readonly base: number;
  /** How frequencies are changed for long texts. */
  readonly scaling: RotaryScaling;
  /** Numbers of a head that are turned. */
  readonly size: number;
}

/**
 * Cosines and sines of the angles of each position, [tokens, 2, size / 2]: pair d turns by position / base^(2 d / size), or
 * as the scaling has it. Frequencies and angles are rounded to f32, as in transformers.
 *
 * @see Su et al., "RoFormer: enhanced transformer with rotary position embedding" (2021)
 */
export function rotaryTable(tokens: number, positions: RotaryPositions): Float32Array<ArrayBuffer> {
  const { base, size, scaling } = positions;
  const half = size / 2, table = new Float32Array(2 * tokens * half), { fround } = Math;
  const unscaled = Float32Array.from({ length: half }, (_, d) => 1 / fround(base ** fround(2 * d / size)));
  const frequencies = scaledFrequencies(unscaled, positions, scaling);
  const length = scaling?.kind === "yarn" ? scaling.attentionFactor : 1;
  for (let position = 0; position < tokens; position++) {
    frequencies.forEach((frequency, d) => {
      const angle = fround(position * frequency), at = 2 * position * half + d;
      table[at] = length * Math.cos(angle);
      table[at + half] = length * Math.sin(angle);
    });
  }
  return table;
}

/** Makes the table of each layer's positions; layers with the same positions share one. */
export function rotaryTables(engine: TensorEngine, tokens: number, layers: readonly RotaryPositions[]): Tensor[] {
  const made = new Map<string, Tensor>();
  return layers.map((positions) => {
    const { size } = positions, key = JSON.stringify(positions);
    let table = made.get(key);
    if (!table) {
      table = engine.tensor([tokens, 2, size / 2], rotaryTable(tokens, positions), "rotary positions");
      made.set(key, table);
    }
    return table;
  });
}
