import { ShapeError } from "../errors.ts";
import { type BufferSlice, type Capabilities, part } from "../launcher.ts";

/** Sizes of a bilinear form. */
export interface BilinearSizes {
  /** Rows of x1, x2 and y. */
  readonly batch: number;
  /** Columns of x1. */
  readonly in1: number;
  /** Columns of x2. */
  readonly in2: number;
  /** Columns of y. */
  readonly out: number;
}

/** Some outputs' part of a weight [out, in1, in2]. */
export interface BilinearTile {
  /** [rows, in1, in2] */
  readonly slice: BufferSlice;
  /** Number of the buffer it lies in. */
  readonly buffer: number;
  /** Its first element there. */
  readonly from: number;
  /** The first of its outputs among all. */
  readonly first: number;
  /** Its outputs. */
  readonly rows: number;
}

/** Elements to which every binding's offset has to be aligned: 256 bytes, the most that WebGPU asks for. */
export const alignment = 64;
/** WebGPU's limit on workgroups of one dimension bounds the outputs of a tile where in1 and in2 are tiny. */
const mostRows = 65_472;

/**
 * Bytes that a tile of the weight, and what is computed from it, may take: what stays in the caches between the launch
 * that writes it and the one that reads it (the last level of a CPU, the second of a GPU).
 */
function tileBudget({ software, maxBindingSize }: Capabilities): number {
  return Math.min(software ? 8 << 20 : 32 << 20, maxBindingSize);
}

/**
 * Cuts a weight into tiles of whole outputs. All that a launch keeps in memory is of a tile's size: [batch, rows, in1] or
 * [rows, in1, in2]. Where in1 in2 is no multiple of 64, tiles begin at the outputs whose offset is one.
 *
 * @param weight [out, in1, in2], cut along its outputs into the slices given
 * @throws ShapeError when the slices do not hold the weight, or the batch makes the smallest tile too large to bind
 */
export function* bilinearTiles(
  weight: readonly BufferSlice[],
  { batch, in1, in2, out }: BilinearSizes,
  capabilities: Capabilities,
): Generator<BilinearTile> {
  const each = in1 * in2, step = alignment / commonDivisor(each, alignment);
  const fitting = Math.floor(tileBudget(capabilities) / (4 * in1 * Math.max(in2, batch)));
  const most = Math.min(Math.max(Math.floor(fitting / step) * step, step), mostRows);
  let first = 0;
  for (const [buffer, slice] of weight.entries()) {
    const rows = each === 0 ? out : slice.size / 4 / each;
    for (let row = 0; row < rows; row += most) {
      const count = Math.min(most, rows - row);
      if (4 * batch * count * in1 > capabilities.maxBindingSize) {
        throw new ShapeError(
          `bilinear: ${batch} rows of ${count} x ${in1} numbers are more than this device binds; use a smaller batch.`,
        );
      }
      const from = row * each;
      yield { slice: part(slice, from, count * each), buffer, from, first: first + row, rows: count };
    }
    first += rows;
  }
  if (first !== out) {
    throw new ShapeError(`bilinear: the weight's buffers hold ${first} outputs, but ${out} are expected.`);
  }
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
