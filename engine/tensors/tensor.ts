import type { BufferPool } from "../../kernels/buffer_pool.ts";
import type { CommandStream } from "../../kernels/command_stream.ts";
import { MetrogradError, ShapeError } from "../../kernels/errors.ts";
import type { BufferSlice, Capabilities } from "../../kernels/launcher.ts";
import type { Stored } from "../../kernels/matmul/kernels.ts";
import type { RandomSource } from "../random.ts";
import { elementCount, type ElementType, expectSizes, type Shape, type Storage } from "./storage.ts";
import { TensorMethods, type TensorOps } from "./tensor_methods.ts";

/** What tensors and ops ask of the engine; see `Engine`, whose part it is. */
export interface TensorEngine {
  /** Where launches record their work. */
  readonly stream: CommandStream;
  /** All of the engine's GPU memory. */
  readonly pool: BufferPool;
  /** What launches may ask about the device. */
  readonly capabilities: Capabilities;
  /** Where dropout and other random ops draw from. */
  readonly random: RandomSource;
  /** The ops behind the methods of tensors. */
  readonly ops: TensorOps<Tensor>;
  /** False inside `noGrad`. */
  readonly recording: boolean;
  /** Copies in f16 of what products read; null outside `autocast`. */
  readonly halves: { of(source: Tensor): Tensor } | null;
  /** Looks at all that ops compute; null outside `firstNonfinite`. */
  readonly finiteCheck: {
    forward(op: string, inputs: readonly (readonly [name: PropertyKey, tensor: Tensor])[], output: Tensor): void;
    backward(op: string, input: Tensor, gradient: Tensor): void;
  } | null;
  /** Uninitialised tensor: whoever asks for it writes all of it. */
  empty(shape: Shape, type: "u32", name?: string): IndexTensor;
  /** Uninitialised tensor: whoever asks for it writes all of it. */
  empty(shape: Shape, type?: ElementType, name?: string): Tensor;
  /** Tensor of given elements in row-major order. */
  tensor(shape: Shape, data: ArrayLike<number>, name?: string): Tensor;
  /** Tensor of indices. */
  indices(shape: Shape, data: ArrayLike<number>, name?: string): IndexTensor;
  /** Tensor whose elements are all the same. */
  full(shape: Shape, value: number, name?: string): Tensor;
  /** The same f32 elements in memory of their own; no gradient flows back. */
  copy(source: Tensor): Tensor;
  /** target = source, elements of equal number. */
  copyInto(target: Tensor, source: Tensor): void;
  /** target += source, elements of equal number. */
  addInto(target: Tensor, source: Tensor): void;
  /** Sets memory to zero. */
  clear(slice: BufferSlice): void;
  /** Replaces a tensor's elements from the host, after all recorded work. */
  write(tensor: Tensor, data: Float32Array | Uint32Array): void;
  /** Memory for `bytes` bytes, outside any scope. */
  allocate(bytes: number, label: string): Storage;
  /** Memory for a tensor of f32, outside any scope. */
  allocateFor(shape: Shape, label: string): Storage;
  /** Memory holding the host's elements, outside any scope. */
  upload(data: Float32Array | Uint32Array, shape: Shape, label: string): Storage;
  /** Reads tensors back with one wait. */
  read<const Tensors extends readonly Tensor[]>(tensors: Tensors): Promise<DataOf<Tensors>>;
  /** Reads the bytes of a tensor back, one buffer after the other. */
  readInPieces(tensor: Tensor): AsyncGenerator<Uint8Array<ArrayBuffer>>;
  /** Replaces a tensor's elements, one buffer after the other. */
  writeInPieces(
    tensor: Tensor,
    read: (from: number, count: number) => Promise<Float32Array<ArrayBuffer>>,
  ): Promise<void>;
  /** Puts a new tensor under the current scope. */
  adopt<T extends Tensor>(tensor: T): T;
  /** Runs `body` and frees all tensors made in it but for those it returns. */
  scope<T>(body: () => T): T;
  /** One unit of work, such as a training step. */
  step<T>(body: () => T): Promise<T>;
  /** Sends all recorded work and waits for it. */
  finish(): Promise<void>;
  /** Runs `body` without recording. */
  noGrad<T>(body: () => T): T;
  /** Runs `body` in mixed precision. */
  autocast<T>(body: () => T): T;
}

/** A tensor of indices. */
export type IndexTensor = Tensor & { readonly type: "u32" };

/** What reading tensors gives: whole numbers for tensors that are known to hold indices, floats for others. */
export type DataOf<Tensors extends readonly Tensor[]> = {
  -readonly [At in keyof Tensors]: Tensors[At] extends IndexTensor ? Uint32Array<ArrayBuffer>
    : Float32Array<ArrayBuffer>;
};

/** Where a backward rule puts a gradient: it overwrites the tensor, or adds to it. */
export interface GradientTarget {
  /** Whose elements are written; memory is taken when it is asked for. */
  readonly tensor: Tensor;
  /** True to add to what it holds. */
  readonly accumulate: boolean;
}

/**
 * Computes the gradient for one input. A rule that can write to the target does so and returns its tensor; any other
 * result is added there for it.
 */
export interface GradientThunk {
  (into: GradientTarget): Tensor;
  /** What the gradient is a product of, where a parameter may keep that instead of the product. */
  readonly factors?: GradientFactors;
}

/** What the gradient of a bilinear form's weight is made of: dW[o, i, j] = Σ over b of dy[b, o] x1[b, i] x2[b, j]. */
export interface GradientFactors {
  /** [..., in1] */
  readonly x1: Tensor;
  /** [..., in2] */
  readonly x2: Tensor;
  /** [..., out] */
  readonly dy: Tensor;
}

/** One entry of the tape: what a tensor was computed from, and how gradients get back. */
export interface Origin {
  /** The op. */
  readonly name: string;
  /** What it was given. */
  readonly inputs: readonly Tensor[];
  /** Thunks in the order of `inputs`; undefined where no gradient flows. */
  backward(dy: Tensor): readonly (GradientThunk | undefined)[];
  /** Takes the gradient instead, where the tensor is the end of the backward pass: a parameter. */
  receive?(thunk: GradientThunk, op: string): void;
}

let created = 0;

/**
 * An array on the GPU: contiguous, row-major. Made by `engine.tensor` or by an op, owned by the scope it is made in.
 */
export class Tensor extends TensorMethods<Tensor> implements Disposable {
  /** Grows with each tensor made, so that inputs have lower numbers than what is computed from them. */
  readonly id: number = created++;
  /** How the tensor was computed, if gradients may have to flow back through it. */
  origin: Origin | null = null;
  #storage: Storage | null;
  #owned: readonly Tensor[] = [];

  /** Ops and the engine make tensors; others call `engine.tensor`. */
  constructor(
    /** Whose GPU it lies on. */
    override readonly engine: TensorEngine,
    /** Sizes along its axes. */
    readonly shape: Shape,
    storage: Storage,
    /** Type of its elements. */
    readonly type: ElementType = "f32",
    /** What messages call it; parameters carry their path in the model. */
    public name: string = "tensor",
  ) {
    super();
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

  /** Gives the memory back at the end of a block that declares the tensor with `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Reads the elements back. Waits for all recorded work. Indices come as whole numbers, also where the tensor's type is
   * not known to the compiler.
   */
  data(this: IndexTensor): Promise<Uint32Array<ArrayBuffer>>;
  /** Reads the elements back. Waits for all recorded work. Halves come as floats. */
  data(): Promise<Float32Array<ArrayBuffer>>;
  async data(): Promise<Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>> {
    const [data] = await this.engine.read([this as Tensor]);
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

/** How an operand of a product is stored. */
export function storedAs({ type }: Tensor): Stored {
  return type === "f16" ? "f16" : "f32";
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
