import type { Engine } from "../../engine/engine.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import { matmulReference } from "../../kernels/matmul/matmul.ref.ts";
import type { Case } from "../case.ts";
import { uniform } from "./numbers.ts";

type Layout = "nn" | "nt" | "tn";

/** m, n and k: squares, then the layers' products, forward (nt) and backward (nn for the input, tn for the weight). */
const sizes: readonly (readonly [m: number, n: number, k: number, layout: Layout])[] = [
  [256, 256, 256, "nn"],
  [512, 512, 512, "nn"],
  [512, 512, 512, "nt"],
  [512, 512, 512, "tn"],
  [1024, 1024, 1024, "nn"],
  [64, 512, 2304, "nt"],
  [64, 2304, 512, "nn"],
  [512, 2304, 64, "tn"],
  [256, 1024, 2304, "nt"],
  [256, 2304, 1024, "nn"],
  [1024, 2304, 256, "tn"],
  [64, 768, 512, "nn"],
  [768, 64, 512, "tn"],
  [64, 32, 2304, "nt"],
  [256, 1, 256, "nt"],
  [1, 768, 768, "nt"],
];

/** C = op(A) op(B). */
export function matmulCase(m: number, n: number, k: number, layout: Layout): Case {
  const transposeA = layout === "tn", transposeB = layout === "nt";
  return {
    name: `matmul ${m}x${n}x${k} ${layout}`,
    flops: 2 * m * n * k,
    shared: { kind: "matmul", m, n, k, transposeA, transposeB },
    prepare(engine: Engine) {
      const left = uniform(m * k, 1), right = uniform(k * n, 2);
      const a = engine.tensor(transposeA ? [k, m] : [m, k], left);
      const b = engine.tensor(transposeB ? [n, k] : [k, n], right);
      const c = engine.empty([m, n]);
      const options = { a: a.slice, b: b.slice, c: c.slice, m, n, k, transposeA, transposeB };
      return {
        round: () => matmul(engine.stream, options),
        outputs: () => [{ found: c, expected: matmulReference(left, right, { m, n, k, transposeA, transposeB }) }],
        dispose: () => [a, b, c].forEach((tensor) => tensor.dispose()),
      };
    },
  };
}

/** Products of these sizes. */
export const matmulCases: readonly Case[] = sizes.map((size) => matmulCase(...size));
