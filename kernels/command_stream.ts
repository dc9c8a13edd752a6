import type { BufferPool } from "./buffer_pool.ts";
import type { DispatchTimer } from "./dispatch_timer.ts";
import type { BufferSlice, Capabilities, Kernel, Launcher, UniformValue, Workgroups } from "./launcher.ts";
import { type OnCompile, PipelineCache } from "./pipelines.ts";
import type { Recording } from "./replay/recording.ts";
import type { Redirected, Replay, ReplayMemory } from "./replay/replay.ts";
import { chooseTextures } from "./texture_reads/choose.ts";
import { TextureCopies } from "./texture_reads/copies.ts";
import { type TextureCopy, TexturePool } from "./texture_reads/pool.ts";
import type { texturedSource } from "./texture_reads/source.ts";
import { UniformArena } from "./uniform_arena.ts";

/** Where a command stream's scratch memory comes from. */
export interface ScratchAllocator {
  /** Hands out memory of at least `bytes`. */
  allocate(bytes: number): BufferSlice;
  /** Takes it back. */
  free(slice: BufferSlice): void;
}

/** What a command stream may be made with. */
export interface CommandStreamOptions {
  /** Told the label of each kernel before it is compiled for the first time. */
  readonly onCompile?: OnCompile | undefined;
  /** Makes shaders read from textures, where the capabilities say so; loaded for that alone. */
  readonly texturedSource?: typeof texturedSource | undefined;
  /** Bytes of textures beyond which copies are filled anew; see `TextureCopies`. */
  readonly mostTextureBytes?: number | undefined;
}

/**
 * Records dispatches into one compute pass and sends them to the GPU in one submission, with one write of all their
 * uniforms.
 */
export class CommandStream implements Launcher {
  /** Pipelines and bind groups, kept for the next time. */
  readonly pipelines: PipelineCache;
  /** Copies of what kernels read, where textures are read faster; those of a recording while one is made. */
  copies: TextureCopies;
  /** Counts submissions: work recorded now runs with this one. */
  submission = 0;
  /** Dispatches recorded since the stream was made. */
  dispatches = 0;
  /** Times every dispatch, which then has a pass of its own; null to share passes. Set while nothing is recorded. */
  timer: DispatchTimer | null = null;
  readonly #device: GPUDevice;
  readonly #scratch: ScratchAllocator;
  readonly #uniforms: UniformArena;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #pipelineSet: GPUComputePipeline | null = null;
  #recording: Recording | null = null;
  #redirected: Redirected | null = null;
  readonly #textures: TexturePool;
  readonly #lasting: TextureCopies;
  readonly #mostTextureBytes: number | undefined;
  readonly #replays = new Set<Replay>();
  #replayMemory: ReplayMemory | null = null;
  readonly #versions = new WeakMap<GPUBuffer, number>();
  /** Whether something but a pass was recorded since the last one. */
  #copied = false;

  /** Makes a stream with nothing recorded. */
  constructor(
    device: GPUDevice,
    /** What launches may ask about the device. */
    readonly capabilities: Capabilities,
    scratch: ScratchAllocator,
    { onCompile, texturedSource, mostTextureBytes }: CommandStreamOptions = {},
  ) {
    this.#device = device;
    this.#mostTextureBytes = mostTextureBytes;
    this.#scratch = scratch;
    this.pipelines = new PipelineCache(device, texturedSource, onCompile, capabilities.enableSubgroups);
    this.#textures = new TexturePool(device);
    this.copies = this.#lasting = new TextureCopies(device, mostTextureBytes, this.#textures);
    this.#uniforms = new UniformArena(device, this.pipelines.uniformLayout);
  }

  /** Records one run of a kernel, after all that was recorded before. */
  dispatch<Bindings extends string, Uniforms extends string>(
    kernel: Kernel<Bindings, Uniforms>,
    bindings: Readonly<Record<Bindings, BufferSlice>>,
    uniforms: Readonly<Record<Uniforms, UniformValue>>,
    workgroups: Workgroups,
    reads?: number,
  ): void {
    if (writesNothing(kernel, bindings)) return;
    if (this.#redirected) return this.#redirected(kernel, uniforms);
    if (this.#uniforms.full || this.timer?.full) this.submit();
    const copies = this.capabilities.textureReads ? this.#copiesFor(kernel, bindings, reads) : null;
    const compiled = copies ? this.pipelines.textured(kernel) : this.pipelines.compiled(kernel);
    const group = this.pipelines.bindGroup(kernel, compiled, bindings, copies ?? []);
    this.#recording?.dispatch(kernel, compiled, bindings, copies ?? [], uniforms, workgroups);
    const pass = this.timer ? this.#timedPass(this.timer, kernel, bindings, uniforms) : this.#openPass();
    if (this.#pipelineSet !== compiled.pipeline) pass.setPipeline(this.#pipelineSet = compiled.pipeline);
    pass.setBindGroup(0, group);
    if (compiled.fields.length > 0) {
      pass.setBindGroup(1, this.#uniforms.group, this.#uniforms.add(compiled.fields, uniforms), 0, 1);
    }
    pass.dispatchWorkgroups(...workgroups);
    this.dispatches++;
    if (!this.capabilities.textureReads) return;
    for (const name in kernel.bindings) {
      if (kernel.bindings[name] !== "read") this.#changed(bindings[name]);
    }
  }

  /** What a kernel reads, in textures; null where it had better read buffers. */
  #copiesFor(kernel: Kernel, bindings: Readonly<Record<string, BufferSlice>>, reads?: number): TextureCopy[] | null {
    const source = this.pipelines.texturedSource(kernel);
    return source && chooseTextures(this.copies, source.textures, bindings, reads, (slice, format) => {
      this.#closePass();
      const copy = this.copies.make(this.#openEncoder(), slice, format);
      this.#recording?.texture(slice, copy);
      return copy;
    });
  }

  /** Borrows memory for the dispatches of one launch. */
  scratch(bytes: number): BufferSlice {
    return this.#redirected ? { buffer: nowhere(bytes), offset: 0, size: bytes } : this.#scratch.allocate(bytes);
  }

  /** Gives borrowed memory back. */
  release(slice: BufferSlice): void {
    if (!this.#redirected) this.#scratch.free(slice);
  }

  /** Records a copy between buffers, after all that was recorded before. Sizes and offsets are multiples of 4 bytes. */
  copy(from: BufferSlice, to: BufferSlice, bytes: number): void {
    if (bytes === 0) return;
    this.#closePass();
    this.#changed(to);
    this.#recording?.copy(from, to, bytes);
    this.#openEncoder().copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, bytes);
  }

  /** Records setting memory to zero, after all that was recorded before. */
  clear(slice: BufferSlice): void {
    if (slice.size === 0) return;
    this.#closePass();
    this.#changed(slice);
    this.#recording?.clear(slice);
    this.#openEncoder().clearBuffer(slice.buffer, slice.offset, Math.ceil(slice.size / 4) * 4);
  }

  /** The host writes to memory, past all that is recorded here. */
  written(slice: BufferSlice): void {
    this.#recording?.refuse("it writes numbers of the host to the GPU");
    this.#changed(slice);
  }

  /** Says why a recording that is being made cannot be repeated. */
  refuseCapture(reason: string): void {
    this.#recording?.refuse(reason);
  }

  /** Memory was given back. */
  forget(buffer: GPUBuffer): void {
    this.#changed({ buffer, offset: 0, size: buffer.size });
  }

  /**
   * Runs launches whose uniforms depend on numbers of the host, such as the number of the step. Where a recording is
   * repeated they run again for those uniforms, and launch the same kernels.
   */
  changing(launch: () => void): void {
    if (this.#recording) this.#recording.section(launch);
    else launch();
  }

  /**
   * Runs work once and notes what it does, so that it can be repeated without the host's part.
   *
   * @param pool where the work has its memory from
   * @param work gives the slices that are to stay readable after each time
   * @param parts the module that is loaded once something is captured
   * @returns why not, where it cannot be repeated
   */
  capture(
    pool: BufferPool,
    work: () => readonly BufferSlice[],
    { Recording, Replay, ReplayMemory }: typeof import("./replay/replay.ts"),
  ): Replay | string {
    const recording = new Recording(this.#uniforms.stride),
      textures = new TextureCopies(this.#device, this.#mostTextureBytes, this.#textures);
    // The recording fills the textures anew.
    this.#lasting.expire();
    this.#recording = pool.watch = recording;
    this.copies = textures;
    try {
      for (const slice of work()) recording.keep(slice);
    } catch (error) {
      recording.refuse(String(error));
      throw error;
    } finally {
      // While it is a recording's, nothing that it took is freed.
      this.submit();
      this.#recording = pool.watch = null;
      this.copies = this.#lasting;
      this.pipelines.forgetBindGroups();
      if (recording.refusal !== null) textures.expire();
    }
    if (recording.refusal !== null) return recording.refusal;
    const versionOf = (buffer: GPUBuffer) => this.#versions.get(buffer) ?? 0;
    const memory = this.#replayMemory ??= new ReplayMemory(pool);
    const host = { pipelines: this.pipelines, pool, memory, versionOf, redirected: this.#redirect.bind(this) };
    const replay = new Replay(this.#device, host, recording, { copies: textures, pool: this.#textures });
    this.#replays.add(replay);
    // The work as it was written needed more.
    pool.trim();
    this.#textures.trim();
    return replay;
  }

  /** Frees a replay. */
  drop(replay: Replay): void {
    this.submit();
    if (this.#replays.delete(replay)) replay.dispose();
  }

  /** Bytes of all textures that hold copies. */
  get textureBytes(): number {
    return this.#textures.bytes;
  }

  /** Records all of a replay, after all that was recorded before. What was recorded of it before must have been sent. */
  replay(replay: Replay): void {
    this.#closePass();
    replay.encode(this.#openEncoder());
    this.dispatches += replay.dispatches;
    // It fills textures that others share with it.
    this.#lasting.expire();
    for (const slice of replay.written) this.#changed(slice);
  }

  #redirect(launch: () => void, dispatch: Redirected): void {
    this.#redirected = dispatch;
    try {
      launch();
    } finally {
      this.#redirected = null;
    }
  }

  #changed(slice: BufferSlice): void {
    if (!this.capabilities.textureReads) return;
    this.copies.changed(slice);
    this.#versions.set(slice.buffer, (this.#versions.get(slice.buffer) ?? 0) + 1);
  }

  /** True when something is recorded that was not sent yet. */
  get pending(): boolean {
    return this.#encoder !== null;
  }

  /** Sends all recorded work to the GPU. */
  submit(): void {
    if (!this.#encoder) return;
    this.#closePass();
    this.timer?.end(this.#encoder, this.#copied);
    this.#uniforms.send();
    this.#device.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    this.#copied = false;
    this.submission++;
    if (!this.#recording && this.copies.tooMany) this.trim();
  }

  /** Frees what is kept for later work only. Recorded work must have been submitted. */
  trim(): void {
    this.pipelines.forgetBindGroups();
    this.#lasting.clear();
  }

  /** Frees the stream's own memory. */
  destroy(): void {
    this.submit();
    for (const replay of this.#replays) this.drop(replay);
    this.trim();
    this.#uniforms.destroy();
  }

  #openEncoder(): GPUCommandEncoder {
    this.#copied = true;
    if (this.#encoder) return this.#encoder;
    this.#encoder = this.#device.createCommandEncoder({ label: `submission ${this.submission}` });
    this.timer?.begin(this.#encoder);
    return this.#encoder;
  }

  #openPass(): GPUComputePassEncoder {
    return this.#pass ??= this.#openEncoder().beginComputePass({ label: `submission ${this.submission}` });
  }

  #timedPass(
    timer: DispatchTimer,
    kernel: Kernel,
    bindings: Readonly<Record<string, BufferSlice>>,
    uniforms: Readonly<Record<string, UniformValue>>,
  ): GPUComputePassEncoder {
    this.#closePass();
    const copied = this.#copied, encoder = this.#openEncoder();
    const timestampWrites = timer.next(encoder, kernel, bindings, uniforms, copied);
    this.#copied = false;
    return this.#pass = encoder.beginComputePass({
      label: kernel.label,
      ...(timestampWrites ? { timestampWrites } : {}),
    });
  }

  #closePass(): void {
    this.#pass?.end();
    this.#pass = null;
    this.#pipelineSet = null;
  }
}

/** Scratch memory of launches that run for their uniforms alone. */
function nowhere(size: number): GPUBuffer {
  return { size } as GPUBuffer;
}

/** True where every output is empty, so that a dispatch has nothing to do. */
function writesNothing(kernel: Kernel, bindings: Readonly<Record<string, BufferSlice>>): boolean {
  for (const name in kernel.bindings) {
    if (kernel.bindings[name] !== "read" && bindings[name]!.size > 0) return false;
  }
  return true;
}
