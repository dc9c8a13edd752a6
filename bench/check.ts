import { MetrogradError } from "../kernels/errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { Case, Checked } from "./case.ts";

/** Errors above this are those of a wrong kernel: sums of f32 stay well below. */
const largestError = 1e-5;

/**
 * How far the outputs of a first round are from what the kernel's float64 reference makes of the same inputs: the greatest
 * difference, as a share of the greatest element of that output. Null for a case that is no kernel.
 */
export async function checkCase(engine: Engine, one: Case): Promise<number | null> {
  const prepared = await one.prepare(engine);
  try {
    if (!prepared.outputs) return null;
    await prepared.round();
    await engine.finish();
    let error = 0;
    for (const output of prepared.outputs()) error = Math.max(error, await errorOf(output));
    return error;
  } finally {
    prepared.dispose();
    engine.pool.trim();
  }
}

/** Refuses results of which one is not what its reference says. @throws MetrogradError naming the first */
export function expectSmallErrors(results: readonly { readonly case: Case; readonly error?: number | null }[]): void {
  const wrong = results.find(({ error }) => error !== undefined && error !== null && !(error <= largestError));
  if (!wrong) return;
  throw new MetrogradError(
    `${wrong.case.name} differs from its reference by ${
      wrong.error!.toExponential(1)
    } of its greatest element; no more ` +
      `than ${largestError} is expected.`,
  );
}

async function errorOf({ found, expected, as = "f32" }: Checked): Promise<number> {
  const words = await found.data(), count = expected.length;
  const views = { f32: Float32Array, u32: Uint32Array, f16: Float16Array };
  const values = new views[as](words.buffer, words.byteOffset, count);
  let difference = 0, greatest = 0;
  for (let i = 0; i < count; i++) {
    const apart = Math.abs(values[i]! - expected[i]!);
    if (Number.isNaN(apart)) return NaN;
    difference = Math.max(difference, apart);
    greatest = Math.max(greatest, Math.abs(expected[i]!));
  }
  return difference === 0 ? 0 : difference / greatest;
}
