import { addScaled } from "../elementwise/add_scaled.ts";
import { broadcastAxes } from "../elementwise/broadcast_axes.ts";
import type { BufferSlice, Launcher } from "../launcher.ts";
import { sumAxis } from "./sum_axis.ts";

/** Operands of `sumToShape`. */
export interface SumToShapeOptions {
  /** Elements of `xShape`. */
  readonly x: BufferSlice;
  /** Shape of x. */
  readonly xShape: readonly number[];
  /** Output, elements of `yShape`. */
  readonly y: BufferSlice;
  /** A shape that repeats to `xShape`. */
  readonly yShape: readonly number[];
  /** Factor on the sums. */
  readonly scale?: number;
  /** Adds to what y holds. */
  readonly accumulate?: boolean;
}

/**
 * y = scale * the sum of x over the axes along which y's shape repeats: the gradient of a broadcast operand. Groups of
 * neighbouring axes are summed one after the other, the last group first.
 */
export function sumToShape(launcher: Launcher, options: SumToShapeOptions): void {
  const { x, xShape, y, yShape, scale = 1, accumulate = false } = options;
  let axes = broadcastAxes(xShape, yShape);
  if (!axes.some(({ bRepeats }) => bRepeats)) {
    const count = axes.reduce((product, { size }) => product * size, 1);
    addScaled(launcher, { x, y, count, xFactor: scale, yFactor: accumulate ? 1 : 0 });
    return;
  }
  let source = x;
  for (let last = false; !last;) {
    const at = axes.findLastIndex(({ bRepeats }) => bRepeats);
    const outer = axes.slice(0, at).reduce((product, { size }) => product * size, 1);
    const inner = axes.slice(at + 1).reduce((product, { size }) => product * size, 1);
    const { size } = axes[at]!;
    axes = axes.toSpliced(at, 1);
    last = !axes.some(({ bRepeats }) => bRepeats);
    const target = last ? y : launcher.scratch(outer * inner * 4);
    const finish = last ? { scale, accumulate } : {};
    sumAxis(launcher, { x: source, y: target, outer, size, inner, ...finish });
    if (source !== x) launcher.release(source);
    source = target;
  }
}
