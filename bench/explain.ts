import { capabilitiesOf, openDevice } from "../engine/device/open.ts";
import { adapterName, productKey, readTuning, tuningPath } from "../engine/device/tuning.ts";
import { UsageError } from "../kernels/errors.ts";
import type { Capabilities } from "../kernels/launcher.ts";
import { chooseMatmulVariant, matmulGrid, matmulRules } from "../kernels/matmul/variants.ts";
import type { MatmulShape } from "../kernels/matmul/variant.ts";
import { variantText } from "./variant_text.ts";

/** Sizes and layout of a product, as in the names of the benchmarks. @throws UsageError when it is none */
export function parseProduct(text: string): MatmulShape {
  const match = /^([1-9]\d*)x([1-9]\d*)x([1-9]\d*)(?: ([nt])([nt]))?$/.exec(text.trim());
  if (!match) throw new UsageError(`--explain is "${text}"; a product such as "64x512x2304 nt" is expected.`);
  const [m, n, k] = match.slice(1, 4).map(Number) as [number, number, number];
  return { m, n, k, transposeA: match[4] === "t", transposeB: match[5] === "t" };
}

/** Prints which variant computes a product on this adapter, and why. */
export async function explain(shape: MatmulShape): Promise<void> {
  const opened = await openDevice();
  const tuned = (await readTuning(opened))?.products[productKey(shape)];
  console.log(`matmul ${productKey(shape)} on ${adapterName(opened)}`);
  for (const line of explanation(shape, capabilitiesOf(opened))) console.log(line);
  console.log(
    tuned
      ? `measured: ${variantText(tuned.variant)}, ${tuned.gain.toFixed(2)} x as fast (${tuningPath(opened)}); ` +
        "taken with --tuned or Engine.open({ tuned: true })"
      : "measured: nothing; see --tune",
  );
  opened.device.destroy();
}

/** The lines of the table down to the one that fits, and what it picks. */
export function explanation(shape: MatmulShape, capabilities: Capabilities): string[] {
  const fitting = matmulRules.findIndex((rule) => rule.fits(shape, capabilities));
  const variant = chooseMatmulVariant(shape, capabilities);
  const [x, y, z] = matmulGrid(shape, variant);
  return [
    ...matmulRules.slice(0, fitting + 1).map(({ when }, i) => `  ${i === fitting ? "yes" : "no "}  ${when}`),
    `picked: ${variantText(variant)}; ${x * y * z * (variant.parts ?? 1)} workgroups`,
  ];
}
