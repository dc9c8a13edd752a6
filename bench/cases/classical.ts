import { Pca } from "../../recipes/classical/pca.ts";
import { Ridge } from "../../recipes/classical/ridge.ts";
import type { Case } from "../case.ts";
import { uniform } from "./numbers.ts";

const rows = 2048, columns = 128;

/** Fits that are computed on the CPU, in float64. */
function fitCase(name: string, fit: (x: Float32Array, y: Float32Array) => unknown): Case {
  return {
    name: `${name} ${rows}x${columns} on the CPU`,
    prepare() {
      const x = uniform(rows * columns, 1), y = uniform(rows, 2);
      return { round: () => void fit(x, y), dispose: () => {} };
    },
  };
}

/** Models in closed form. */
export const classicalCases: readonly Case[] = [
  fitCase("ridge", (data, y) => Ridge.fit({ x: { data, rows, columns }, y }, 1)),
  fitCase("pca to 8", (data) => Pca.fit({ data, rows, columns }, 8)),
];
