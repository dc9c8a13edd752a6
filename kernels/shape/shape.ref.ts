import type { CopyColumnsOptions } from "./copy_columns.ts";
import type { CopyStridedOptions } from "./copy_strided.ts";
import type { GatherOptions } from "./gather.ts";

/** See `copyColumns`; returns the new destination. */
export function copyColumnsReference(
  source: ArrayLike<number>,
  destination: ArrayLike<number>,
  sizes: Omit<CopyColumnsOptions, "source" | "destination">,
): Float64Array {
  const { rows, width, sourceColumns, destinationColumns } = sizes;
  const { sourceFrom = 0, destinationFrom = 0, accumulate = false } = sizes;
  const result = Float64Array.from(destination);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * destinationColumns + destinationFrom + column;
      result[at] = source[row * sourceColumns + sourceFrom + column]! + (accumulate ? result[at]! : 0);
    }
  }
  return result;
}

/** See `transpose`. */
export function transposeReference(x: ArrayLike<number>, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: x.length }, (_, i) => {
    const matrix = Math.floor(i / (rows * columns)), column = Math.floor(i / rows) % columns, row = i % rows;
    return x[(matrix * rows + row) * columns + column]!;
  });
}

/** See `copyStrided`; returns the new destination. */
export function copyStridedReference(
  source: ArrayLike<number>,
  destination: ArrayLike<number>,
  options: Omit<CopyStridedOptions, "source" | "destination">,
): Float64Array {
  const { axes, sourceOffset = 0, destinationOffset = 0, accumulate = false } = options;
  const result = Float64Array.from(destination);
  const visit = (axis: number, from: number, to: number) => {
    const { size, from: fromStride, to: toStride } = axes[axis] ?? { size: 0, from: 0, to: 0 };
    if (axis === axes.length) result[to] = source[from]! + (accumulate ? result[to]! : 0);
    for (let i = 0; i < size; i++) visit(axis + 1, from + i * fromStride, to + i * toStride);
  };
  visit(0, sourceOffset, destinationOffset);
  return result;
}

/** See `gather`. */
export function gatherReference(
  x: ArrayLike<number>,
  index: ArrayLike<number>,
  { size, inner, picked }: Omit<GatherOptions, "index">,
): Float64Array {
  return Float64Array.from(
    index,
    (position, at) => x[(Math.floor(at / (picked * inner)) * size + position) * inner + at % inner]!,
  );
}

/** See `gatherBackward`. */
export function gatherBackwardReference(
  dy: ArrayLike<number>,
  index: ArrayLike<number>,
  { outer, size, inner, picked }: Omit<GatherOptions, "index">,
): Float64Array {
  const dx = new Float64Array(outer * size * inner);
  for (let at = 0; at < index.length; at++) {
    dx[(Math.floor(at / (picked * inner)) * size + index[at]!) * inner + at % inner]! += dy[at]!;
  }
  return dx;
}
