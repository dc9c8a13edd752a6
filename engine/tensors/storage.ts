import { ShapeError } from "../../kernels/errors.ts";
import { halfBytes } from "../../kernels/elementwise/half.ts";
import type { BufferSlice } from "../../kernels/launcher.ts";

/** Sizes along each axis; `[]` is a scalar. */
export type Shape = readonly number[];

/** Type of a tensor's elements. Indices are `u32`; `f16` is storage alone, for operands of products. */
export type ElementType = "f32" | "u32" | "f16";

/** Bytes that so many elements fill: whole words of four. */
export function bytesOf(elements: number, type: ElementType): number {
  return type === "f16" ? halfBytes(elements) : elements * 4;
}

/** Number of elements of a shape. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Sizes that a message names: whoever gives the elements for the shape should not see all of them. */
const mostSizesNamed = 8;

/** Fails unless every size is a whole number from 0 on. @throws ShapeError naming the tensor and its shape */
export function expectSizes(name: string, shape: Shape): void {
  if (!Array.isArray(shape)) throw new ShapeError(`${name}: the shape is ${shape}, but a list of sizes is expected.`);
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return;
  const first = Array.from(shape.slice(0, mostSizesNamed)).join(", "), more = shape.length - mostSizesNamed;
  throw new ShapeError(
    `${name}: [${first}${more > 0 ? `, ... ${more} more` : ""}] is no shape; sizes are whole numbers from 0 on.`,
  );
}

/**
 * GPU memory that one or more tensors look at; it is given back when the last of them is disposed of. Parameters larger
 * than one binding may be lie in several slices, each with whole rows of the first axis.
 */
export class Storage {
  /** Where it is. */
  readonly slices: readonly BufferSlice[];
  /** Gives one slice back; null for memory that somebody else owns. */
  readonly free: ((slice: BufferSlice) => void) | null;
  /** The largest of indices that the host put here; null where they are not known, such as those that a kernel wrote. */
  largestIndex: number | null = null;
  readonly #whole: Storage | null;
  #references = 1;

  /**
   * Takes over memory, as its first owner.
   *
   * @param free gives one slice back; null for memory that somebody else owns
   * @param whole the memory that this is a part of, where a dispatch may meet its other parts
   */
  constructor(
    slices: BufferSlice | readonly BufferSlice[],
    free: ((slice: BufferSlice) => void) | null,
    whole: Storage | null = null,
  ) {
    this.#whole = whole;
    this.slices = "buffer" in slices ? [slices] : slices;
    this.free = free;
  }

  /** Counts one more owner. */
  share(): Storage {
    this.#references++;
    return this;
  }

  /** True while more than one tensor looks at it, or at the whole that it is a part of. */
  get shared(): boolean {
    return this.#references > 1 || this.#whole?.shared === true;
  }

  /** Counts one owner less; the last one frees the memory. */
  release(): void {
    if (--this.#references === 0 && this.free) this.slices.forEach(this.free);
  }
}
