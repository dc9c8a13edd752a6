import { BufferPool, type PoolStatistics } from "../kernels/buffer_pool.ts";
import { CommandStream } from "../kernels/command_stream.ts";
import { addScaled } from "../kernels/elementwise/add_scaled.ts";
import { fill } from "../kernels/elementwise/fill.ts";
import { DeviceError, DeviceLostError, ShapeError } from "../kernels/errors.ts";
import type { BufferSlice, Capabilities } from "../kernels/launcher.ts";
import { HalfCopies } from "./autocast.ts";
import { CapturedStep, type CaptureOptions } from "./captured_step.ts";
import { ErrorTrap } from "./device/errors.ts";
import { capabilitiesOf, type OpenDevice, openDevice } from "./device/open.ts";
import type { EngineOptions } from "./engine_options.ts";
import type { FiniteCheck } from "./finite_check.ts";
import type { Profile } from "./profile/profile.ts";
import { RandomSource } from "./random.ts";
import { Scopes } from "./scopes.ts";
import { largestOf, wholeNumbers } from "./tensors/indices.ts";
import { eachShard, expectBindable, shardSizes } from "./tensors/sharding.ts";
import { tensorOps } from "./ops/tensor_ops.ts";
import { bytesOf, elementCount, type ElementType, expectSizes, type Shape, Storage } from "./tensors/storage.ts";
import { type DataOf, type IndexTensor, Tensor, type TensorEngine } from "./tensors/tensor.ts";
import type { TensorOps } from "./tensors/tensor_methods.ts";
import { Transfers } from "./transfers.ts";

/** Submissions that may run ahead of the host before it waits; more is slower and keeps memory alive. */
const maxRunAhead = 16;

/** Counts of an engine's memory. */
export interface MemoryStatistics extends PoolStatistics {
  /** Bytes of the textures that hold copies of buffers, where the adapter reads those faster. */
  readonly textureBytes: number;
}

/**
 * A GPU and everything that lives on it: the command stream, the memory, the random numbers. Tensors made inside a
 * scope or a step are freed at its end; those made outside live until they are disposed of or the engine is.
 *
 * @example
 * await using engine = await Engine.open();
 * const x = engine.tensor([2, 3], [1, 2, 3, 4, 5, 6]);
 */
export class Engine implements AsyncDisposable, TensorEngine {
  /** Where launches record their work. */
  readonly stream: CommandStream;
  /** All of the engine's GPU memory. */
  readonly pool: BufferPool;
  /** What launches may ask about the device. */
  readonly capabilities: Capabilities;
  /** Where dropout and other random ops draw from. */
  readonly random: RandomSource = new RandomSource(0);
  /** The ops behind the methods of tensors. */
  readonly ops: TensorOps<Tensor> = tensorOps;
  /** False inside `noGrad`. */
  recording = true;
  /** Copies in f16 of what products read; null outside `autocast`. */
  halves: HalfCopies | null = null;
  /** Looks at all that ops compute; null outside `firstNonfinite`. */
  finiteCheck: FiniteCheck | null = null;
  readonly #transfers: Transfers;
  readonly #scopes = new Scopes();
  readonly #errors: ErrorTrap;
  #ownsDevice = false;
  #unfinished = 0;

  /**
   * Makes an engine on a device that is open already, and stays so when the engine is closed.
   *
   * @param onCompile told the label of each kernel before it is compiled for the first time
   * @param matmulVariant variants of products that come before those of the table
   */
  constructor(
    /** The device and its adapter. */
    readonly opened: OpenDevice,
    onCompile?: (label: string) => void,
    matmulVariant?: Capabilities["matmulVariant"],
    /** Notes what the engine does, and what the GPU does where it is attached, as `open` does; undefined by default. */
    readonly profile?: Profile,
  ) {
    const { device } = opened;
    this.#errors = new ErrorTrap(device, opened.errors);
    this.capabilities = { ...capabilitiesOf(opened), ...(matmulVariant ? { matmulVariant } : {}) };
    this.pool = new BufferPool(device, () => this.stream.submission, (buffer) => this.stream.forget(buffer));
    this.stream = new CommandStream(device, this.capabilities, this.pool, {
      texturedSource: opened.texturedSource,
      onCompile(label) {
        onCompile?.(label);
        return profile?.begin(`compile ${label}`);
      },
    });
    this.#transfers = new Transfers(device, this.stream);
  }

  /**
   * Opens an engine, on the best adapter of this machine unless a device is given.
   *
   * @throws DeviceError when there is none; it says what to install
   * @throws DataError with `tuned` when the file of measurements is damaged
   */
  static async open(options: EngineOptions = {}): Promise<Engine> {
    const opened = options.device ?? await openDevice(options);
    const variants = options.tuned ? await (await import("./device/tuning.ts")).measuredVariants(opened) : undefined;
    const engine = new Engine(opened, options.onCompile, variants, options.profile);
    engine.#ownsDevice = !options.device;
    await options.profile?.attach(engine.stream, opened.device);
    return engine;
  }

  /** What the adapter calls itself. */
  get adapterDescription(): string {
    return this.opened.adapter.description;
  }

  /**
   * Uninitialised tensor: whoever asks for it writes all of it.
   *
   * @throws ShapeError when it is larger than one binding of this device may be
   */
  empty(shape: Shape, type: "u32", name?: string): IndexTensor;
  /** Uninitialised tensor: whoever asks for it writes all of it. */
  empty(shape: Shape, type?: ElementType, name?: string): Tensor;
  empty(shape: Shape, type: ElementType = "f32", name = "tensor"): Tensor {
    expectSizes(name, shape);
    const bytes = bytesOf(elementCount(shape), type);
    expectBindable(name, shape, bytes, this.opened.device.limits.maxStorageBufferBindingSize);
    return this.adopt(new Tensor(this, shape, this.allocate(bytes, name), type, name));
  }

  /** Tensor of given elements in row-major order. @throws ShapeError when their number is not the shape's */
  tensor(shape: Shape, data: ArrayLike<number>, name = "tensor"): Tensor {
    const elements = data instanceof Float32Array ? data : Float32Array.from(data);
    return this.adopt(new Tensor(this, shape, this.upload(elements, shape, name), "f32", name));
  }

  /**
   * Tensor of indices. Ops refuse it when its largest one is beyond what they look into.
   *
   * @throws ShapeError when their number is not the shape's or one is no whole number from 0 on
   */
  indices(shape: Shape, data: ArrayLike<number>, name = "indices"): IndexTensor {
    const elements = wholeNumbers(data, name);
    const storage = this.upload(elements, shape, name);
    storage.largestIndex = largestOf(elements);
    return this.adopt(new Tensor(this, shape, storage, "u32", name) as IndexTensor);
  }

  /** Tensor whose elements are all the same. */
  full(shape: Shape, value: number, name = "tensor"): Tensor {
    const tensor = this.empty(shape, "f32", name);
    fill(this.stream, { y: tensor.slice, value, count: tensor.size });
    return tensor;
  }

  /** The same f32 elements in memory of their own; no gradient flows back. */
  copy(source: Tensor): Tensor {
    const tensor = this.empty(source.shape, source.type, source.name);
    this.copyInto(tensor, source);
    return tensor;
  }

  /** target = source, elements of equal number. */
  copyInto(target: Tensor, source: Tensor): void {
    eachShard(target, source, (y, x, count) => addScaled(this.stream, { x, y, count, yFactor: 0 }));
  }

  /** target += source, elements of equal number. */
  addInto(target: Tensor, source: Tensor): void {
    eachShard(target, source, (y, x, count) => addScaled(this.stream, { x, y, count }));
  }

  /** Sets memory to zero. */
  clear(slice: BufferSlice): void {
    this.stream.clear(slice);
  }

  /** Replaces a tensor's elements from the host, after all recorded work. @throws ShapeError when their number differs */
  write(tensor: Tensor, data: Float32Array | Uint32Array): void {
    if (data.length !== tensor.size) {
      throw new ShapeError(`${tensor.name} holds ${tensor.size} elements and cannot take ${data.length}.`);
    }
    // The host's writes overtake recorded work, so that work goes first.
    this.stream.submit();
    this.#transfers.write(tensor.storage, data);
    tensor.storage.largestIndex = data instanceof Uint32Array ? largestOf(data) : null;
  }

  /** Memory for `bytes` bytes, outside any scope. */
  allocate(bytes: number, label: string): Storage {
    return new Storage(this.pool.allocate(bytes, { label }), (slice) => this.pool.free(slice));
  }

  /**
   * Memory for a tensor of f32, outside any scope: in several buffers where it is larger than one binding may be.
   *
   * @throws ShapeError when a row of the first axis alone is larger than a binding may be
   */
  allocateFor(shape: Shape, label: string, { forUpload = false } = {}): Storage {
    expectSizes(label, shape);
    const sizes = shardSizes(shape, this.capabilities.maxBindingSize, label);
    const slices = sizes.map((size) => this.pool.allocate(size * 4, { label, forUpload }));
    return new Storage(slices, (slice) => this.pool.free(slice));
  }

  /** Memory holding the host's elements, outside any scope. */
  upload(data: Float32Array | Uint32Array, shape: Shape, label: string): Storage {
    expectSizes(label, shape);
    if (data.length !== elementCount(shape)) {
      throw new ShapeError(
        `${label}: [${shape.join(", ")}] needs ${elementCount(shape)} elements, but got ${data.length}.`,
      );
    }
    const storage = this.allocateFor(shape, label, { forUpload: true });
    this.#transfers.write(storage, data);
    return storage;
  }

  /** Reads tensors back with one wait. Indices come as whole numbers, halves as the floats of the same value. */
  async read<const Tensors extends readonly Tensor[]>(tensors: Tensors): Promise<DataOf<Tensors>> {
    const read = () => this.#transfers.read(tensors).catch((error) => this.#errors.explain(error));
    const elements = await (this.profile?.span("read back", read) ?? read());
    this.#unfinished = 0;
    this.#errors.check();
    return elements as DataOf<Tensors>;
  }

  /** Reads the bytes of a tensor back, one buffer after the other, for what is too large to hold twice. */
  async *readInPieces(tensor: Tensor): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    try {
      for await (const piece of this.#transfers.readInPieces(tensor)) {
        this.#errors.check();
        yield piece;
      }
    } catch (error) {
      await this.#errors.explain(error);
    }
  }

  /**
   * Replaces a tensor's elements, one buffer after the other.
   *
   * @param read gives `count` elements from the one numbered `from` on
   */
  async writeInPieces(
    tensor: Tensor,
    read: (from: number, count: number) => Promise<Float32Array<ArrayBuffer>>,
  ): Promise<void> {
    await this.#transfers.writeInPieces(tensor, read, () => this.finish());
  }

  /** Puts a new tensor under the current scope. */
  adopt<T extends Tensor>(tensor: T): T {
    return this.#scopes.adopt(tensor);
  }

  /**
   * Runs `body` and frees all tensors made in it, but for those it returns (a tensor, or an array or record of them).
   *
   * @throws UsageError when the body returns a promise
   */
  scope<T>(body: () => T): T {
    return this.#scopes.run(body);
  }

  /**
   * One unit of work, such as a training step: a scope whose dispatches go to the GPU in one submission. Resolves at
   * once unless the GPU is many steps behind.
   *
   * @throws UsageError when the body returns a promise
   * @throws DeviceError when the GPU was lost, or has refused something, in this step or the one before it
   */
  async step<T>(body: () => T): Promise<T> {
    const end = this.profile?.begin("step");
    this.random.nextStep();
    const kept = this.#scopes.run(body, "engine.step");
    this.stream.submit();
    end?.();
    if (++this.#unfinished >= maxRunAhead) await this.finish();
    else await this.#errors.listen();
    return kept;
  }

  /**
   * A step that is recorded once for each shape of its inputs and then repeated without the host's part.
   *
   * @example
   * using train = engine.capture(({ x, y }: { x: Tensor; y: Tensor }) => {
   *   const loss = mseLoss({ prediction: network.forward(x), target: y });
   *   optimizer.zeroGrad();
   *   backward(loss);
   *   optimizer.step();
   *   return loss;
   * });
   * for (const batch of batches({ x, y }, { size: 32 })) using loss = await train.run(batch);
   */
  capture<Inputs extends Readonly<Record<string, Tensor>>, Results>(
    body: (inputs: Inputs) => Results,
    options?: CaptureOptions,
  ): CapturedStep<Inputs, Results> {
    return new CapturedStep(this, body, options);
  }

  /** Runs `body` without recording, so that its results need no gradient. */
  noGrad<T>(body: () => T): T {
    const before = this.recording;
    this.recording = false;
    try {
      return body();
    } finally {
      this.recording = before;
    }
  }

  /**
   * Runs `body` in mixed precision: `linear` and `matmul` read their operands as f16, and keep them so for the backward pass;
   * sums, results and all else stay f32. The tensors themselves stay as they are. Each is copied once, so that changing
   * one inside the block (an optimiser's step, say) goes unseen until its end.
   *
   * @throws DeviceError when the adapter has no f16
   * @see Micikevicius et al., "Mixed precision training" (2018)
   */
  autocast<T>(body: () => T): T {
    if (!this.capabilities.shaderF16) {
      throw new DeviceError(
        `Mixed precision needs an adapter with shader-f16, which ${this.adapterDescription} lacks.`,
      );
    }
    if (this.halves) return body();
    this.halves = new HalfCopies();
    try {
      return body();
    } finally {
      this.halves.dispose();
      this.halves = null;
    }
  }

  /**
   * Runs `body` with a look at all that its ops compute, forward and backward. It is for a step that goes wrong, to be run
   * once more for this.
   *
   * @returns what the first tensor is that holds NaN or infinity, or null
   */
  async firstNonfinite(body: () => Promise<void>): Promise<string | null> {
    const { FiniteCheck } = await import("./finite_check.ts"), check = this.finiteCheck = new FiniteCheck(this);
    try {
      await body();
    } finally {
      this.finiteCheck = null;
    }
    return await check.first();
  }

  /** Sends all recorded work and waits for it. @throws DeviceError for anything the GPU refused since the last wait */
  async finish(): Promise<void> {
    this.stream.submit();
    const wait = () => this.opened.device.queue.onSubmittedWorkDone();
    await (this.profile?.span("wait", wait) ?? wait());
    this.#unfinished = 0;
    this.#errors.check();
  }

  /** Counts of GPU memory. */
  memory(): MemoryStatistics {
    return { ...this.pool.statistics(), textureBytes: this.stream.textureBytes };
  }

  /** Finishes all work and gives memory back to the system that nobody uses, for work whose shapes vary. */
  async trim(): Promise<void> {
    await this.finish();
    this.stream.trim();
    this.pool.trim();
  }

  /** Finishes all work and frees everything, the device included unless it was given. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { device } = this.opened;
    try {
      if (!this.#errors.lost) await this.finish();
      if (!this.#errors.lost) await this.profile?.detach(this.stream, device);
    } catch (error) {
      // Nothing that was to be read is unread.
      if (!(error instanceof DeviceLostError)) throw error;
    } finally {
      this.#transfers.destroy();
      this.stream.destroy();
      this.pool.destroy();
      this.#errors[Symbol.dispose]();
      if (this.#ownsDevice) device.destroy();
    }
  }
}
