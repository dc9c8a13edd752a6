import { openDevice } from "../engine/device/open.ts";
import { adapterName, productKey, type TunedProduct, writeTuning } from "../engine/device/tuning.ts";
import { Engine } from "../engine/engine.ts";
import { matmulCandidates } from "../kernels/matmul/candidates.ts";
import { matmul } from "../kernels/matmul/matmul.ts";
import type { MatmulShape, MatmulVariant } from "../kernels/matmul/variant.ts";
import type { Case } from "./case.ts";
import { contender, measure } from "./measure.ts";
import { variantText } from "./variant_text.ts";

/** Times the variants of all matrix products in some benchmarks, prints what was fastest, and keeps it. */
export async function tune(chosen: readonly Case[], runs: number): Promise<void> {
  const shapes = new Map<string, Required<MatmulShape>>();
  using opened = await openDevice();
  await using engine = new Engine(opened, undefined, (shape) => {
    shapes.set(productKey(shape), shape);
    return undefined;
  });
  for (const one of chosen) {
    const prepared = await one.prepare(engine);
    await prepared.round();
    await engine.finish();
    prepared.dispose();
    engine.pool.trim();
  }
  const found = [...shapes.values()];
  console.log(`${adapterName(opened)}\n${found.length} products`);
  const products: Record<string, TunedProduct> = {};
  for (const shape of found) {
    const tuned = products[productKey(shape)] = await tuneProduct(
      engine,
      shape,
      matmulCandidates(shape, engine.capabilities),
      { runs },
    );
    console.log(
      `${productKey(shape).padEnd(24)} ${tuned.milliseconds.toFixed(3).padStart(9)} ms  ${tuned.gain.toFixed(2)} x  ` +
        variantText(tuned.variant),
    );
  }
  if (found.length > 0) console.log(`kept in ${await writeTuning(opened, products)}`);
}

/** Times variants of a product in turn; the first is the one that the others are compared with. */
export async function tuneProduct(
  engine: Engine,
  shape: Required<MatmulShape>,
  candidates: readonly MatmulVariant[],
  { runs, shortest }: { readonly runs: number; readonly shortest?: number },
): Promise<TunedProduct> {
  const { m, n, k, batch } = shape;
  const a = engine.full([batch * m * k], 0.5), b = engine.full([batch * k * n], 0.5), c = engine.empty([batch, m, n]);
  const operands = { ...shape, a: a.slice, b: b.slice, c: c.slice };
  const contenders = candidates.map((variant) =>
    contender(engine, { round: () => matmul(engine.stream, { ...operands, variant }), dispose: () => {} })
  );
  const times = await measure(contenders, runs, shortest);
  for (const tensor of [a, b, c]) tensor.dispose();
  engine.pool.trim();
  const timed = candidates.map((variant, i) => ({ variant, milliseconds: times[i]!.median }));
  const [table] = timed;
  const [best, ...beat] = timed.toSorted((x, y) => x.milliseconds - y.milliseconds);
  return { ...best!, gain: table!.milliseconds / best!.milliseconds, beat };
}
