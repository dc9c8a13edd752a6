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

/** Of tiles that took more than so many times as long as the fastest in the first product, no other is timed. */
const hopeless = 1.6;

/** Every tile of the matrix product: whether it is right here, and how fast. The fastest are kept for `--tuned`. */
export const sweep: Stage = {
  name: "tiles",
  about: "every tile of the matrix product: right or wrong, and how fast",
  seconds: 75,
  async run(context) {
    await using engine = await Engine.open();
    const left = new Set<string>();
    for (const size of context.small ? ["128x128x128 nn"] : sizes) {
      if (context.left() < 5) context.add({ name: size, skipped: "no time was left" });
      else await sweepProduct(engine, parseProduct(size), left, context);
    }
  },
};

/** @param left tiles that no other product has to try */
async function sweepProduct(
  engine: Engine,
  shape: MatmulShape,
  left: Set<string>,
  { small, add }: StageContext,
): Promise<void> {
  // A rehearsal tries some of what a GPU would.
  const all = matmulCandidates(shape, { ...engine.capabilities, software: false }).filter((one) =>
    !left.has(tileText(one))
  );
  const checked: MatmulVariant[] = [], wrong: Record<string, string> = {};
  for (const variant of small ? all.slice(0, 5) : all) {
    const problem = await problemOf(engine, shape, variant);
    if (problem === null) checked.push(variant);
    else wrong[variantText(variant)] = problem;
  }
  if (checked.length === 0) return add({ name: productKey(shape), wrong });
  const tuned = await tuneProduct(engine, { batch: 1, ...shape }, checked, { runs: 2, shortest: 150 });
  const flops = 2 * shape.m * shape.n * shape.k, timed = [tuned, ...tuned.beat];
  add({
    ...{ name: productKey(shape), gain: tuned.gain, wrong },
    variants: timed.map(({ variant, milliseconds }) => ({
      ...{ text: variantText(variant), variant, median_ms: milliseconds, gflops: flops / milliseconds / 1e6 },
    })),
  });
  if (left.size === 0) {
    const slow = timed.filter(({ milliseconds }) => milliseconds > hopeless * tuned.milliseconds);
    for (const { variant } of slow) left.add(tileText(variant));
  }
  if (!small) await writeTuning(engine.opened, { [productKey(shape)]: tuned });
}

/** A variant in words, whatever its number of parts. */
const tileText = ({ parts: _, ...variant }: MatmulVariant) => variantText(variant);

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
