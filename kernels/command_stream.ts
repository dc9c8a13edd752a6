import type { DispatchTimer } from "./dispatch_timer.ts";
import type { BufferSlice, Capabilities, Kernel, Launcher, Workgroups } from "./launcher.ts";
import { type OnCompile, PipelineCache, uniformBlockBytes } from "./pipelines.ts";
import { TextureCopies, type TextureCopy } from "./texture_reads/copies.ts";
import { worthTextures } from "./texture_reads/worth.ts";

/** Uniform blocks that one submission holds. */
const uniformBlocks = 4096;

/** Where a command stream's scratch memory comes from. */
export interface ScratchAllocator {
  /** Hands out memory of at least `bytes`. */
  allocate(bytes: number): BufferSlice;
  /** Takes it back. */
  free(slice: BufferSlice): void;
}

/**
 * Records dispatches into one compute pass and sends them to the GPU in one submission, with one write of all their
 * uniforms.
 */
export class CommandStream implements Launcher {
  /** Pipelines and bind groups, kept for the next time. */
  readonly pipelines: PipelineCache;
  /** Copies of what kernels read, where textures are read faster. */
  readonly copies: TextureCopies;
  /** Counts submissions: work recorded now runs with this one. */
  submission = 0;
  /** Dispatches recorded since the stream was made. */
  dispatches = 0;
  /** Times every dispatch, which then has a pass of its own; null to share passes. Set while nothing is recorded. */
  timer: DispatchTimer | null = null;
  readonly #device: GPUDevice;
  readonly #scratch: ScratchAllocator;
  readonly #stride: number;
  readonly #uniformBuffer: GPUBuffer;
  readonly #uniformGroup: GPUBindGroup;
  readonly #uniformBytes: ArrayBuffer;
  readonly #uniformView: DataView<ArrayBuffer>;
  readonly #dynamicOffset = new Uint32Array(1);
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #blocksUsed = 0;
  #pipelineSet: GPUComputePipeline | null = null;
  /** Whether something but a pass was recorded since the last one. */
  #copied = false;

  /**
   * Makes a stream with nothing recorded.
   *
   * @param onCompile told the label of each kernel before it is compiled for the first time
   */
  constructor(
    device: GPUDevice,
    /** What launches may ask about the device. */
    readonly capabilities: Capabilities,
    scratch: ScratchAllocator,
    onCompile?: OnCompile,
  ) {
    this.#device = device;
    this.#scratch = scratch;
    this.pipelines = new PipelineCache(device, onCompile, capabilities.enableSubgroups);
    this.copies = new TextureCopies(device);
    this.#stride = Math.max(uniformBlockBytes, device.limits.minUniformBufferOffsetAlignment);
    const size = this.#stride * uniformBlocks;
    this.#uniformBuffer = device.createBuffer({
      label: "uniform arena",
      size,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.#uniformGroup = device.createBindGroup({
      label: "uniform arena",
      layout: this.pipelines.uniformLayout,
      entries: [{ binding: 0, resource: { buffer: this.#uniformBuffer, offset: 0, size: uniformBlockBytes } }],
    });
    this.#uniformBytes = new ArrayBuffer(size);
    this.#uniformView = new DataView(this.#uniformBytes);
  }

  /** Records one run of a kernel, after all that was recorded before. */
  dispatch<Bindings extends string, Uniforms extends string>(
    kernel: Kernel<Bindings, Uniforms>,
    bindings: Readonly<Record<Bindings, BufferSlice>>,
    uniforms: Readonly<Record<Uniforms, number>>,
    workgroups: Workgroups,
    reads?: number,
  ): void {
    if (writesNothing(kernel, bindings)) return;
    if (this.#blocksUsed === uniformBlocks || this.timer?.full) this.submit();
    const copies = this.capabilities.textureReads ? this.#copiesFor(kernel, bindings, reads) : null;
    const compiled = copies ? this.pipelines.textured(kernel) : this.pipelines.compiled(kernel);
    const group = this.pipelines.bindGroup(kernel, compiled, bindings, copies ?? []);
    const pass = this.timer ? this.#timedPass(this.timer, kernel, bindings, uniforms) : this.#openPass();
    if (this.#pipelineSet !== compiled.pipeline) pass.setPipeline(this.#pipelineSet = compiled.pipeline);
    pass.setBindGroup(0, group);
    if (compiled.fields.length > 0) {
      let at = this.#dynamicOffset[0] = this.#blocksUsed++ * this.#stride;
      for (const [name, type] of compiled.fields) {
        const value = uniforms[name as Uniforms];
        if (type === "f32") this.#uniformView.setFloat32(at, value, true);
        else this.#uniformView.setUint32(at, value, true);
        at += 4;
      }
      pass.setBindGroup(1, this.#uniformGroup, this.#dynamicOffset, 0, 1);
    }
    pass.dispatchWorkgroups(...workgroups);
    this.dispatches++;
    if (!this.capabilities.textureReads) return;
    for (const name in kernel.bindings) {
      if (kernel.bindings[name] !== "read") this.copies.changed(bindings[name]);
    }
  }

  /** What a kernel reads, in textures; null where it had better read buffers. */
  #copiesFor(
    kernel: Kernel,
    bindings: Readonly<Record<string, BufferSlice>>,
    reads?: number,
  ): TextureCopy[] | null {
    const textures = this.pipelines.texturedSource(kernel)?.textures;
    if (!textures || !textures.every(({ name }) => this.copies.takes(bindings[name]!))) return null;
    this.copies.begin();
    const slices = textures.map(({ name }) => bindings[name]!);
    const found = textures.map(({ format }, i) => this.copies.find(slices[i]!, format));
    const missing = slices.filter((_, i) => !found[i]);
    const bytes = (some: BufferSlice[]) => some.reduce((sum, { size }) => sum + size, 0);
    if (!worthTextures(reads ?? bytes(slices) / 4, missing.length, bytes(missing))) return null;
    if (missing.length > 0) this.#closePass();
    // A slice may be bound twice.
    return textures.map(({ format }, i) =>
      found[i] ?? this.copies.find(slices[i]!, format) ?? this.copies.make(this.#openEncoder(), slices[i]!, format)
    );
  }

  /** Borrows memory for the dispatches of one launch. */
  scratch(bytes: number): BufferSlice {
    return this.#scratch.allocate(bytes);
  }

  /** Gives borrowed memory back. */
  release(slice: BufferSlice): void {
    this.#scratch.free(slice);
  }

  /** Records a copy between buffers, after all that was recorded before. Sizes and offsets are multiples of 4 bytes. */
  copy(from: BufferSlice, to: BufferSlice, bytes: number): void {
    if (bytes === 0) return;
    this.#closePass();
    this.copies.changed(to);
    this.#openEncoder().copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, bytes);
  }

  /** Records setting memory to zero, after all that was recorded before. */
  clear(slice: BufferSlice): void {
    if (slice.size === 0) return;
    this.#closePass();
    this.copies.changed(slice);
    this.#openEncoder().clearBuffer(slice.buffer, slice.offset, Math.ceil(slice.size / 4) * 4);
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
    if (this.#blocksUsed > 0) {
      this.#device.queue.writeBuffer(this.#uniformBuffer, 0, this.#uniformBytes, 0, this.#blocksUsed * this.#stride);
    }
    this.#device.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    this.#copied = false;
    this.#blocksUsed = 0;
    this.submission++;
    if (this.copies.tooMany) this.trim();
  }

  /** Frees what is kept for later work only. Recorded work must have been submitted. */
  trim(): void {
    this.pipelines.forgetBindGroups();
    this.copies.clear();
  }

  /** Frees the stream's own memory. */
  destroy(): void {
    this.submit();
    this.trim();
    this.#uniformBuffer.destroy();
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
    uniforms: Readonly<Record<string, number>>,
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

/** True where every output is empty, so that a dispatch has nothing to do. */
function writesNothing(kernel: Kernel, bindings: Readonly<Record<string, BufferSlice>>): boolean {
  for (const name in kernel.bindings) {
    if (kernel.bindings[name] !== "read" && bindings[name]!.size > 0) return false;
  }
  return true;
}
