import { attention, attentionBackward, type AttentionVariant } from "../../kernels/attention/attention.ts";
import {
  attentionBackwardReference,
  type AttentionReference,
  attentionReference,
} from "../../kernels/attention/attention.ref.ts";
import type { AttentionWindow } from "../../kernels/attention/interface.ts";
import type { StreamingTile } from "../../kernels/attention/streaming_tile.ts";
import { dropoutMaskReference } from "../../kernels/dropout/dropout.ref.ts";
import type { Dropout } from "../../kernels/dropout/keep.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { assertClose, KernelHarness, normals } from "./harness.ts";

export const harness = await KernelHarness.open();
export const { launcher } = harness;
const { subgroupSize } = launcher.capabilities;

/** Sizes and settings of attention. */
export interface Case {
  batch: number;
  heads: number;
  queries: number;
  keys: number;
  headSize: number;
  keyHeads?: number;
  window?: AttentionWindow;
  masked?: boolean;
  dropout?: Dropout;
  /** Size of the queries' numbers; the greatest score grows with it. */
  size?: number;
}

/** Every variant that can do a case on any device. */
export function variantsFor({ queries, keys, headSize, keyHeads, window }: Case): (AttentionVariant | undefined)[] {
  const width = headSize % 4 === 0 ? 4 : 1;
  const streaming = { name: "streaming", width, windowed: window !== undefined } as const;
  return [
    ...(Math.max(queries, keys) <= 8 && !window && !keyHeads ? [{ name: "short", queries, keys, width } as const] : []),
    ...(subgroupSize === 8 ? [{ ...streaming, lanes: 8, rows: 4, others: 32, sharing: "broadcast" } as const] : []),
    { ...streaming, lanes: 8, rows: 4, others: 16, sharing: "load" },
    { ...streaming, lanes: 64, rows: 1, others: 32, sharing: "workgroup" },
  ];
}

/** Streaming tiles far smaller than those of any device: they show what a line does as well, and compile at once. */
export const smallTiles: readonly Omit<StreamingTile, "width">[] = [
  ...(subgroupSize === 8 ? [{ lanes: 8, rows: 2, others: 16, sharing: "broadcast" } as const] : []),
  { lanes: 8, rows: 2, others: 4, sharing: "load" },
  // Not all lanes fill workgroup memory to its end, and several subgroups do.
  { lanes: 24, rows: 1, others: 4, sharing: "workgroup" },
];

/** Odd sequences keep their last key alone, even ones all but every third, counted from the last. */
function maskOf({ batch, keys }: Case): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: batch * keys }, (_, i) => {
    const key = i % keys, sequence = Math.floor(i / keys);
    const ignored = sequence % 2 === 1 ? key < keys - 1 : keys > 1 && (keys - 1 - key) % 3 === 0;
    return ignored ? 1 : 0;
  });
}

/** What dropout multiplies each element by: a query's keys start at a block of four numbers. */
function keepOf({ batch, heads, queries, keys, dropout }: Case): number[] | undefined {
  if (!dropout) return undefined;
  const rows = batch * heads * queries, padded = Math.ceil(keys / 4) * 4;
  const mask = dropoutMaskReference(rows * padded, dropout);
  return Array.from(
    { length: rows * keys },
    (_, i) => mask[Math.floor(i / keys) * padded + i % keys]! / (1 - dropout.probability),
  );
}

/** Launches both ways on contiguous tensors and reads the results. */
export async function run(one: Case, variant: AttentionVariant | undefined, on: Launcher = launcher) {
  const { batch, heads, keyHeads = heads, queries, keys, headSize, window, masked, dropout, size = 1 } = one;
  const ownSize = batch * heads * queries * headSize, otherSize = batch * keyHeads * keys * headSize;
  const q = normals(ownSize, 1, { scale: size }), k = normals(otherSize, 2), v = normals(otherSize, 3);
  const dy = normals(ownSize, 4), mask = masked ? maskOf(one) : undefined;
  const y = harness.output(ownSize), statistics = harness.output(3 * batch * heads * queries);
  // All three in one buffer, each behind a gap that nothing may read, and their gradients in another order.
  const gap = headSize, nothing = Array(gap).fill(NaN);
  const packed = harness.upload([v, q, k].flatMap((one) => [...nothing, ...one]));
  const [dk, dv, dq] = [2 * gap, 2 * gap + otherSize, 2 * gap + 2 * otherSize];
  const gradient = harness.output(dq + ownSize);
  const layout = (tokens: number, heads: number) => ({
    ...{ batch: heads * tokens * headSize, head: tokens * headSize, token: headSize },
  });
  const options = {
    ...{ batch, heads, keyHeads, queries, keys, headSize, scale: 1 / Math.sqrt(headSize), window, dropout },
    v: { slice: packed, offset: gap },
    q: { slice: packed, offset: 2 * gap + otherSize },
    k: { slice: packed, offset: 3 * gap + otherSize + ownSize },
    qLayout: layout(queries, heads),
    kvLayout: layout(keys, keyHeads),
    yLayout: layout(queries, heads),
    keyPaddingMask: mask && harness.upload(mask),
    ...{ y, statistics, dy: harness.upload(dy), gradient, dq, dk, dv },
  };
  attention(on, options, variant);
  attentionBackward(on, options, variant);
  const [output, gradients] = await harness.read(y, gradient);
  const reference: AttentionReference = {
    ...one,
    scale: options.scale,
    q,
    k,
    v,
    keyPaddingMask: mask,
    keep: keepOf(one),
  };
  return {
    ...{ reference, dy, y: output },
    dq: gradients.subarray(dq),
    dk: gradients.subarray(dk, dv),
    dv: gradients.subarray(dv, dq),
  };
}

/** Fails unless values are close, as seen from the largest of them. */
function close(actual: Float32Array, expected: Float64Array, what: string): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-2);
  assertClose(actual, expected, { rtol: 3e-5, atol: 8e-6 * largest, what });
}

/** Fails unless every variant gives the reference's output and gradients. */
export async function compare(one: Case, variants = variantsFor(one), on?: Launcher): Promise<void> {
  for (const variant of variants) {
    const { reference, dy, ...found } = await run(one, variant, on);
    const expected = { y: attentionReference(reference), ...attentionBackwardReference(reference, dy) };
    for (const [name, values] of Object.entries(expected)) {
      close(found[name as keyof typeof found], values, `${name} of ${JSON.stringify({ one, variant })}`);
    }
  }
}
