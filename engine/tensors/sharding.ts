import { ShapeError } from "../../kernels/errors.ts";
import { boundBytes, type BufferSlice } from "../../kernels/launcher.ts";
import { elementCount, type Shape } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Elements of each of the buffers that a tensor needs: one, or as many as it takes where it is larger than one binding may
 * be. Each holds whole rows of the first axis and begins at a multiple of four elements.
 *
 * @throws ShapeError when a row alone is larger than a binding may be
 */
export function shardSizes(shape: Shape, maxBindingSize: number, name: string): number[] {
  const total = elementCount(shape), capacity = Math.floor(maxBindingSize / 4);
  if (total <= capacity) return [total];
  const rowSize = total / (shape[0] ?? 1);
  const step = rowSize % 4 === 0 ? 1 : rowSize % 2 === 0 ? 2 : 4;
  const most = Math.floor(capacity / rowSize / step) * step * rowSize;
  if (most === 0) {
    throw new ShapeError(
      `${name} [${shape.join(", ")}] cannot be cut between rows of ${rowSize * 4} bytes: this device binds at most ` +
        `${maxBindingSize}.`,
    );
  }
  return Array.from({ length: Math.ceil(total / most) }, (_, i) => Math.min(most, total - i * most));
}

/** Fails where a tensor that lies in one buffer is larger than a binding may be. @throws ShapeError with its shape */
export function expectBindable(name: string, shape: Shape, bytes: number, maxBindingSize: number): void {
  if (bytes <= maxBindingSize) return;
  throw new ShapeError(
    `${name} [${shape.join(", ")}] ${boundBytes(bytes, maxBindingSize)}; a smaller batch takes less.`,
  );
}

/** Visits the slices of two tensors of equal size side by side. */
export function eachShard(a: Tensor, b: Tensor, visit: (a: BufferSlice, b: BufferSlice, count: number) => void): void {
  const { slices } = b;
  a.slices.forEach((slice, i) => visit(slice, slices[i]!, slices.length === 1 ? a.size : slice.size / 4));
}

/** The buffers of a tensor, with their rows along the first axis and the number of the first of them. */
export function rowParts({ slices, shape, size }: Tensor): { slice: BufferSlice; rows: number; first: number }[] {
  const [rows = 1] = shape;
  let first = 0;
  return slices.map((slice) => {
    const part = { slice, rows: slices.length === 1 ? rows : slice.size / 4 / (size / rows), first };
    first += part.rows;
    return part;
  });
}
