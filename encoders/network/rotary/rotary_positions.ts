import { type RotaryScaling, scaledFrequencies } from "./rotary_scaling.ts";
import { reshape } from "../../../engine/ops/reshape.ts";
import { slice } from "../../../engine/ops/slice.ts";
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

/** The different positions among those of the layers, by their settings. */
function different(layers: readonly RotaryPositions[]): Map<string, RotaryPositions> {
  return new Map(layers.map((positions) => [JSON.stringify(positions), positions]));
}

/** Makes the tables of all layers' positions, back to back; layers with the same positions share one. */
export function packRotaryTables(engine: TensorEngine, tokens: number, layers: readonly RotaryPositions[]): Tensor {
  const tables = [...different(layers).values()].map((positions) => rotaryTable(tokens, positions));
  const packed = new Float32Array(tables.reduce((sum, { length }) => sum + length, 0));
  let from = 0;
  for (const table of tables) {
    packed.set(table, from);
    from += table.length;
  }
  return engine.tensor([from], packed, "rotary positions");
}

/** The table of each layer's positions, [tokens, 2, size / 2], among those that `packRotaryTables` put side by side. */
export function unpackRotaryTables(packed: Tensor, tokens: number, layers: readonly RotaryPositions[]): Tensor[] {
  let end = 0;
  const tables = new Map(
    [...different(layers)].map(([key, { size }]) => {
      const start = end;
      end += tokens * size;
      const x = end - start === packed.size ? packed : slice({ x: packed }, { axis: 0, start, end });
      return [key, reshape({ x }, { shape: [tokens, 2, size / 2] })] as const;
    }),
  );
  return layers.map((positions) => tables.get(JSON.stringify(positions))!);
}
