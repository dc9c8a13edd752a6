import { ShapeError } from "../../kernels/errors.ts";
import { elementCount, type Shape } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

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

/**
 * @param weight what rows are multiplied with, and how long they have to be for that
 * @throws ShapeError naming the input whose rows have another length
 */
export function expectRows(
  op: string,
  argument: string,
  tensor: Tensor,
  weight: { readonly name: string; readonly shape: Shape; readonly rows: number },
): void {
  if (tensor.shape.at(-1) === weight.rows) return;
  throw new ShapeError(
    `${op}: ${argument} is ${shapeText(tensor.shape)}, but ${weight.name} ${
      shapeText(weight.shape)
    } takes rows of ${weight.rows}.`,
  );
}

/**
 * Fails where indices are known to reach too far: those that the host put on the GPU. Others give NaN there.
 *
 * @param count how many there are to pick from
 * @param what what they are: "weight has rows"
 * @throws ShapeError
 */
export function expectBelow(op: string, argument: string, index: Tensor, count: number, what: string): void {
  const { largestIndex } = index.storage;
  if (largestIndex === null || largestIndex < count || index.size === 0) return;
  throw new ShapeError(`${op}: ${argument} holds ${largestIndex}, but ${what} 0 to ${count - 1}.`);
}

/** Fails where an operand holds indices, whose bits are no floats. @throws ShapeError */
export function refuseIndices(op: string, argument: string, { type }: Tensor): void {
  if (type === "u32") {
    throw new ShapeError(
      `${op}: ${argument} is u32 (indices), but f32 is expected; engine.tensor makes f32 of numbers.`,
    );
  }
}

/** Fails where an operand is stored as f16, which few ops take. @throws ShapeError */
export function refuseF16(op: string, argument: string, { type }: Tensor): void {
  if (type === "f16") {
    throw new ShapeError(`${op}: ${argument} is f16, but f32 is expected; "float" makes f32 of it.`);
  }
}
