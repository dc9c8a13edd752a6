import { ShapeError } from "../kernels/errors.ts";
import { Philox } from "../kernels/philox.ts";
import { expectSettings } from "../kernels/settings.ts";
import { indexSelect } from "./ops/gather.ts";
import { shapeText } from "./tensors/shapes.ts";
import type { Tensor } from "./tensors/tensor.ts";

/** How rows are put into batches. */
export interface BatchOptions {
  /** Rows of a batch; the last one has the rest. */
  readonly size: number;
  /** Takes the rows in a random order; false by default. */
  readonly shuffle?: boolean;
  /** What the order is drawn from, such as the number of the epoch; 0 by default. */
  readonly seed?: number;
  /** Leaves out a last batch that is smaller; false by default. */
  readonly dropLast?: boolean;
}

/**
 * Goes through rows on the GPU in batches. Each batch has the same names and is freed when the next is asked for or the loop
 * ends; the same seed gives the same order.
 *
 * @param rows tensors of as many rows, along their first axis; f32 or u32
 * @throws ShapeError when they have not as many rows, UsageError when a setting cannot be taken
 *
 * @example
 * for (const { x, y } of batches(data, { size: 32, shuffle: true, seed: epoch })) {
 *   using loss = await engine.step(() => train(x, y));
 * }
 */
export function* batches<Rows extends Readonly<Record<string, Tensor>>>(
  rows: Rows,
  { size, shuffle = false, seed = 0, dropLast = false }: BatchOptions,
): Generator<Rows, void, void> {
  expectSettings("batches", { size, seed }, {
    size: { from: 1, whole: true, required: true },
    seed: { from: 0, to: Number.MAX_SAFE_INTEGER, whole: true },
  });
  const named = Object.entries(rows), count = rowsOf(named);
  const order = shuffle ? new Philox(seed).permutation(count) : Uint32Array.from({ length: count }, (_, row) => row);
  for (let from = 0; from < count && !(dropLast && from + size > count); from += size) {
    const picked = order.subarray(from, from + size);
    const batch = named.map(([name, tensor]) => [name, rowsAt(tensor, picked)] as const);
    try {
      yield Object.fromEntries(batch) as unknown as Rows;
    } finally {
      for (const [, tensor] of batch) tensor.dispose();
    }
  }
}

/** Rows of a tensor, owned by the caller. */
function rowsAt(x: Tensor, order: Uint32Array): Tensor {
  const { engine } = x;
  return engine.scope(() =>
    engine.noGrad(() => indexSelect({ x, index: engine.indices([order.length], order) }, { axis: 0 }).keep())
  );
}

function rowsOf(named: readonly (readonly [name: string, tensor: Tensor])[]): number {
  const [first] = named;
  if (!first) throw new ShapeError("batches: at least one tensor of rows is expected.");
  for (const [name, { shape }] of named) {
    if (shape.length === 0 || shape[0] !== first[1].shape[0]) {
      throw new ShapeError(
        `batches: ${name} is ${shapeText(shape)}, but ${first[1].shape[0] ?? "some"} rows are expected, as ${
          first[0]
        } ${shapeText(first[1].shape)} has.`,
      );
    }
  }
  return first[1].shape[0]!;
}
