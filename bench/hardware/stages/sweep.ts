import { productKey, writeTuning } from "../../../engine/device/tuning.ts";
import { Engine } from "../../../engine/engine.ts";
import { MetrogradError } from "../../../kernels/errors.ts";
import { matmulCandidates } from "../../../kernels/matmul/candidates.ts";
import { matmulReference } from "../../../kernels/matmul/matmul.ref.ts";
import { matmul } from "../../../kernels/matmul/matmul.ts";
import type { MatmulShape, MatmulVariant } from "../../../kernels/matmul/variant.ts";
import { uniform } from "../../cases/numbers.ts";
import { parseProduct } from "../../explain.ts";
import { tuneProduct } from "../../tune.ts";
import { variantText } from "../../variant_text.ts";
import type { Stage, StageContext } from "../stage.ts";

/** Squares, then the products of `mlp-step`. */
const sizes = [
  ...["2048x2048x2048 nn", "4096x4096x4096 nn", "256x1024x2304 nt", "256x2304x1024 nn", "1024x2304x256 tn"],
  ...["2048x2048x2048 nt", "2048x2048x2048 tn", "1024x1024x1024 nn"],
];

/** Rounding in float32 stays below this at the size that is checked. */
const tolerance = 1e-5;

/** Every tile of the matrix product: whether it is right here, and how fast. The fastest are kept for `--tuned`. */
export const sweep: Stage = {
  name: "tiles",
  about: "every tile of the matrix product: right or wrong, and how fast",
  seconds: 75,
  async run(context) {
    await using engine = await Engine.open();
    const wrong = new Map<string, string>();
    for (const size of context.small ? ["128x128x128 nn"] : sizes) {
      if (context.left() < 5) context.add({ name: size, skipped: "no time was left" });
      else await sweepProduct(engine, parseProduct(size), wrong, context);
    }
  },
};

async function sweepProduct(
  engine: Engine,
  shape: MatmulShape,
  wrong: Map<string, string>,
  { small, add }: StageContext,
): Promise<void> {
  // A rehearsal tries what a GPU would.
  const candidates = matmulCandidates(shape, { ...engine.capabilities, software: false });
  const checked: MatmulVariant[] = [];
  for (const variant of candidates) {
    const problem = await problemOf(engine, shape, variant);
    if (problem === null) checked.push(variant);
    else wrong.set(variantText(variant), problem);
  }
  const tuned = await tuneProduct(engine, { batch: 1, ...shape }, checked, { runs: 2, shortest: 150 });
  const flops = 2 * shape.m * shape.n * shape.k;
  add({
    name: productKey(shape),
    gain: tuned.gain,
    wrong: Object.fromEntries(wrong),
    variants: [tuned, ...tuned.beat].map(({ variant, milliseconds }) => ({
      ...{ text: variantText(variant), variant, median_ms: milliseconds, gflops: flops / milliseconds / 1e6 },
    })),
  });
  if (!small) await writeTuning(engine.opened, { [productKey(shape)]: tuned });
}

/** What is wrong with a variant here, or null: its result at a size that fills no tile. */
async function problemOf(engine: Engine, { transposeA, transposeB }: MatmulShape, variant: MatmulVariant) {
  const m = 132, n = 140, k = 68;
  const a = uniform(m * k, 1), b = uniform(k * n, 2);
  const [x, y, z] = [engine.tensor([m, k], a), engine.tensor([k, n], b), engine.empty([m, n])];
  try {
    matmul(engine.stream, { a: x.slice, b: y.slice, c: z.slice, m, n, k, transposeA, transposeB, variant });
    const [found] = await engine.read([z]);
    const expected = matmulReference(a, b, { m, n, k, transposeA, transposeB });
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = expected.reduce((worst, value, i) => Math.max(worst, Math.abs(found[i]! - value)), 0) / largest;
    return error < tolerance ? null : `off by ${error.toExponential(1)} of the largest element`;
  } catch (error) {
    if (error instanceof MetrogradError) return error.message;
    throw error;
  } finally {
    for (const tensor of [x, y, z]) tensor.dispose();
  }
}
