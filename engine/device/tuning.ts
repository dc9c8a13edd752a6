import { DataError } from "../../kernels/errors.ts";
import type { Capabilities } from "../../kernels/launcher.ts";
import { matmulCandidates } from "../../kernels/matmul/candidates.ts";
import type { MatmulShape, MatmulVariant } from "../../kernels/matmul/variant.ts";
import { writeAtomically } from "../files/files.ts";
import { platform } from "../platform/here.ts";
import { measurementsPath } from "./cache.ts";
import { capabilitiesOf, type OpenDevice } from "./open.ts";

/** A variant and how long it took for one product. */
export interface TimedVariant {
  /** What was timed. */
  readonly variant: MatmulVariant;
  /** Median over several runs. */
  readonly milliseconds: number;
}

/** The fastest variant for a product, and what it beat. */
export interface TunedProduct extends TimedVariant {
  /** The others, fastest first. */
  readonly beat: readonly TimedVariant[];
  /** How many times as fast as the variant of the table it is; 1 where that won. */
  readonly gain: number;
}

/** What was measured on one adapter. */
export interface Tuning {
  /** Name and interface of the adapter. */
  readonly adapter: string;
  /** By `productKey`. */
  readonly products: Readonly<Record<string, TunedProduct>>;
}

/** A product's sizes in a word: `64x512x2304 nt`, and `x3` behind it for a batch of three. */
export function productKey({ m, n, k, batch = 1, transposeA, transposeB }: MatmulShape): string {
  const layout = `${transposeA ? "t" : "n"}${transposeB ? "t" : "n"}`;
  return `${m}x${n}x${k} ${layout}${batch > 1 ? ` x${batch}` : ""}`;
}

/** Name and interface of a device's adapter. */
export function adapterName({ adapter: { description, backend } }: OpenDevice): string {
  return `${description}, ${backend}`;
}

/** Where the measurements of a device's adapter are kept. */
export function tuningPath(opened: OpenDevice): string {
  return measurementsPath("matmul", adapterName(opened));
}

/** What was measured on a device's adapter, or null. @throws DataError when the file is damaged */
export async function readTuning(opened: OpenDevice): Promise<Tuning | null> {
  const path = tuningPath(opened);
  try {
    const tuning = JSON.parse(await platform.files.readTextFile(path)) as Tuning;
    if (typeof tuning?.products === "object") return tuning;
  } catch (error) {
    if (platform.fileFailure(error) === "missing") return null;
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new DataError(`${path} holds no measurements; delete it, or measure again with "deno task bench --tune".`);
}

/** Adds measurements to those of a device's adapter; returns where they are kept. */
export async function writeTuning(opened: OpenDevice, products: Tuning["products"]): Promise<string> {
  const path = tuningPath(opened);
  const before = await readTuning(opened);
  const tuning: Tuning = { adapter: adapterName(opened), products: { ...before?.products, ...products } };
  await writeAtomically(path, JSON.stringify(tuning, null, 2) + "\n");
  return path;
}

/** Variants of products that were measured on a device's adapter; undefined where none were. */
export async function measuredVariants(opened: OpenDevice): Promise<Capabilities["matmulVariant"] | undefined> {
  const tuning = await readTuning(opened);
  return tuning ? tunedVariants(tuning, capabilitiesOf(opened)) : undefined;
}

/** Looks measured variants up; what this version or this device cannot run is passed over. */
export function tunedVariants(
  { products }: Tuning,
  capabilities: Capabilities,
): (shape: MatmulShape) => MatmulVariant | undefined {
  const known = new Map<string, MatmulVariant | undefined>();
  return (shape) => {
    const key = productKey(shape);
    if (!products[key]) return undefined;
    if (!known.has(key)) {
      const wanted = JSON.stringify(products[key].variant);
      known.set(key, matmulCandidates(shape, capabilities).find((one) => JSON.stringify(one) === wanted));
    }
    return known.get(key);
  };
}
