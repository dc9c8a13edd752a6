import { ShapeError } from "../errors.ts";

/** One or more neighbouring axes along which each operand either advances or repeats. */
export interface BroadcastAxis {
  readonly size: number;
  readonly aRepeats: boolean;
  readonly bRepeats: boolean;
}

/**
 * The shape of what two shapes give together, as in PyTorch: trailing axes are aligned, and an axis of 1 or a missing one
 * repeats along the other's.
 *
 * @param what names the shapes' owner for the message: "add: "
 * @throws ShapeError when an axis differs and neither is 1
 */
export function broadcastShape(a: readonly number[], b: readonly number[], what = ""): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1, right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(
        `${what}[${a.join(", ")}] and [${b.join(", ")}] do not fit: counted from the last axis, sizes are equal or 1.`,
      );
    }
    return left === 1 ? right : left;
  });
}

/** The axes of two shapes' common shape; neighbours that behave alike become one, and axes of 1 none. */
export function broadcastAxes(a: readonly number[], b: readonly number[]): BroadcastAxis[] {
  const shape = broadcastShape(a, b);
  const axes: BroadcastAxis[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const aRepeats = (a[axis - shape.length + a.length] ?? 1) === 1;
    const bRepeats = (b[axis - shape.length + b.length] ?? 1) === 1;
    const last = axes.at(-1);
    if (last && last.aRepeats === aRepeats && last.bRepeats === bRepeats) {
      axes[axes.length - 1] = { ...last, size: last.size * size };
    } else axes.push({ size, aRepeats, bRepeats });
  });
  return axes;
}
