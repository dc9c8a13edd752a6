import { ShapeError } from "../kernels/errors.ts";
import { elementCount, type Shape, type Tensor } from "./tensor.ts";

/** Writes a shape as in messages: `[2, 3]`. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Sees a tensor as rows of its last axis. @throws ShapeError for a scalar */
export function lastAxis(tensor: Tensor): { rows: number; columns: number } {
  const columns = tensor.shape.at(-1);
  if (columns === undefined) throw new ShapeError(`${tensor.name} is a scalar; at least one axis is needed.`);
  return { rows: elementCount(tensor.shape.slice(0, -1)), columns };
}

/** The number of an axis, counted from the last where negative. @throws ShapeError when there is none */
export function axisOf(shape: Shape, axis: number): number {
  const at = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(at) && at >= 0 && at < shape.length) return at;
  throw new ShapeError(`${shapeText(shape)} has no axis ${axis}.`);
}

/** True when two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** @throws ShapeError naming the op and its argument when a tensor has another shape */
export function expectShape(op: string, argument: string, tensor: Tensor, shape: Shape): void {
  if (!sameShape(tensor.shape, shape)) {
    throw new ShapeError(`${op}: ${argument} is ${shapeText(tensor.shape)}, but ${shapeText(shape)} is expected.`);
  }
}

/** Fails where an operand is stored as f16, which few ops take. @throws ShapeError */
export function refuseF16(op: string, argument: string, { type }: Tensor): void {
  if (type === "f16") {
    throw new ShapeError(`${op}: ${argument} is f16, but f32 is expected; "float" makes f32 of it.`);
  }
}
