import { MetrogradError, ShapeError } from "../kernels/errors.ts";
import { halfBytes } from "../kernels/elementwise/half.ts";
import type { Stored } from "../kernels/matmul/kernels.ts";
import type { BufferSlice } from "../kernels/launcher.ts";
import type { Origin } from "./autograd.ts";
import type { Engine } from "./engine.ts";

/** Sizes along each axis; `[]` is a scalar. */
export type Shape = readonly number[];

/** Type of a tensor's elements. Indices are `u32`; `f16` is storage alone, for operands of products. */
export type ElementType = "f32" | "u32" | "f16";

/** Bytes that so many elements fill: whole words of four. */
export function bytesOf(elements: number, type: ElementType): number {
  return type === "f16" ? halfBytes(elements) : elements * 4;
}

/** How an operand of a product is stored. */
export function storedAs({ type }: Tensor): Stored {
  return type === "f16" ? "f16" : "f32";
}

/** Number of elements of a shape. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Fails unless every size is a whole number from 0 on. @throws ShapeError naming the tensor and its shape */
export function expectSizes(name: string, shape: Shape): void {
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return;
  throw new ShapeError(`${name}: [${shape.join(", ")}] is no shape; sizes are whole numbers from 0 on.`);
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

let created = 0;

/**
 * An array on the GPU: contiguous, row-major. Made by `engine.tensor` or by an op, owned by the scope it is made in.
 */
export class Tensor {
  /** Grows with each tensor made, so that inputs have lower numbers than what is computed from them. */
  readonly id: number = created++;
  /** How the tensor was computed, if gradients may have to flow back through it. */
  origin: Origin | null = null;
  #storage: Storage | null;
  #owned: readonly Tensor[] = [];

  /** Ops and the engine make tensors; others call `engine.tensor`. */
  constructor(
    /** Whose GPU it lies on. */
    readonly engine: Engine,
    /** Sizes along its axes. */
    readonly shape: Shape,
    storage: Storage,
    /** Type of its elements. */
    readonly type: ElementType = "f32",
    /** What messages call it; parameters carry their path in the model. */
    public name: string = "tensor",
  ) {
    this.#storage = storage;
  }

  /** True for parameters and for all that is computed from them. */
  get requiresGrad(): boolean {
    return this.origin !== null;
  }

  /** Number of elements. */
  get size(): number {
    return elementCount(this.shape);
  }

  /**
   * Where the elements lie.
   *
   * @throws MetrogradError after `dispose` or the end of the scope, ShapeError when they lie in several buffers
   */
  get slice(): BufferSlice {
    const [slice, ...others] = this.slices;
    if (others.length === 0) return slice!;
    throw new ShapeError(
      `${this.name} [${this.shape.join(", ")}] lies in ${this.slices.length} buffers, since it is larger than this ` +
        "device binds; this op takes only tensors in one.",
    );
  }

  /** Where the elements lie, in one or more buffers. @throws MetrogradError after `dispose` or the end of the scope */
  get slices(): readonly BufferSlice[] {
    return this.storage.slices;
  }

  /** The memory it looks at. @throws MetrogradError after `dispose` or the end of the scope */
  get storage(): Storage {
    if (this.#storage) return this.#storage;
    throw new MetrogradError(
      `${this.name} [${this.shape.join(", ")}] was used after it was freed; return it from its scope to keep it.`,
    );
  }

  /** Moves the tensor to other memory of the same size, leaving the old to its other owners. */
  protected moveTo(storage: Storage): void {
    this.storage.release();
    this.#storage = storage;
  }

  /** True once its memory was given back. */
  get disposed(): boolean {
    return this.#storage === null;
  }

  /** Takes tensors over that nobody else will free: they are freed with this one. */
  own(tensors: readonly Tensor[]): void {
    this.#owned = tensors;
  }

  /** Gives the memory back, and that of the tensors it owns. */
  dispose(): void {
    for (const tensor of this.#owned) tensor.dispose();
    this.#owned = [];
    this.#storage?.release();
    this.#storage = null;
    this.origin = null;
  }

  /**
   * The same elements in the same memory, cut off from how they were computed: no gradient flows back.
   *
   * @param shape another shape for them
   * @throws ShapeError when the number of elements differs
   */
  detach(shape: Shape = this.shape): Tensor {
    expectSizes(this.name, shape);
    if (elementCount(shape) !== this.size) {
      throw new ShapeError(
        `[${this.shape.join(", ")}] holds ${this.size} elements and cannot be seen as [${shape.join(", ")}].`,
      );
    }
    return this.engine.adopt(new Tensor(this.engine, shape, this.storage.share(), this.type, this.name));
  }

  /** The same elements in the same memory, owned by the caller: no scope frees this tensor. */
  keep(): Tensor {
    return new Tensor(this.engine, this.shape, this.storage.share(), this.type, this.name);
  }

  /** Reads the elements back. Waits for all recorded work. */
  async data(): Promise<Float32Array<ArrayBuffer>> {
    const [data] = await this.engine.read([this]);
    return data!;
  }

  /** Reads a tensor of one element back. @throws ShapeError when it holds more */
  async item(): Promise<number> {
    if (this.size !== 1) {
      throw new ShapeError(`item() needs one element, but [${this.shape.join(", ")}] holds ${this.size}.`);
    }
    return (await this.data())[0]!;
  }
}

/** The tensors that a value is or holds, in arrays and plain records. */
export function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  if (value && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.values(value).flatMap(tensorsIn);
  }
  return [];
}
