import { matmulReference } from "../../kernels/matmul/matmul.ref.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import { Philox } from "../../kernels/philox.ts";
import type { Engine } from "../engine.ts";
import { roundTime } from "./round_time.ts";

/** m, n, k: a single element, odd sizes, one more than tiles hold, and whole tiles. */
const checkedSizes = [[1, 1, 1], [3, 5, 7], [33, 65, 17], [64, 64, 64]] as const;
const layouts = [{}, { transposeB: true }, { transposeA: true }];

/** Worst error over the sizes and layouts that are checked, relative to the largest element of each result. */
export async function worstError(engine: Engine): Promise<number> {
  let worst = 0;
  for (const [m, n, k] of checkedSizes) {
    const a = uniform(m * k, 1), b = uniform(k * n, 2);
    for (const layout of layouts) {
      const [x, y, z] = [engine.tensor([m * k], a), engine.tensor([k * n], b), engine.empty([m * n])];
      matmul(engine.stream, { a: x.slice, b: y.slice, c: z.slice, m, n, k, ...layout });
      const [found] = await engine.read([z]);
      for (const tensor of [x, y, z]) tensor.dispose();
      const expected = matmulReference(a, b, { m, n, k, ...layout });
      const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      // Written so that NaN is an error too.
      expected.forEach((value, i) => {
        const error = Math.abs(found![i]! - value) / largest;
        if (!(error <= worst)) worst = Number.isNaN(error) ? Infinity : error;
      });
    }
  }
  return worst;
}

/** GFLOP/s of the product of two square matrices. @param size their rows */
export async function measureSpeed(engine: Engine, size: number): Promise<number> {
  const [m, n, k] = [size, size, size];
  const [a, b] = [engine.tensor([m, k], uniform(m * k, 1)), engine.tensor([k, n], uniform(k * n, 2))];
  const c = engine.empty([m, n]);
  const product = () => matmul(engine.stream, { a: a.slice, b: b.slice, c: c.slice, m, n, k });
  const milliseconds = await roundTime(product, () => engine.finish());
  for (const tensor of [a, b, c]) tensor.dispose();
  return 2 * m * n * k / milliseconds / 1e6;
}

/** Uniform numbers from -1 to 1. */
function uniform(length: number, stream: number): Float32Array {
  const random = new Philox(1, stream);
  return Float32Array.from({ length }, () => 2 * random.uniform() - 1);
}
