import type { BufferPool } from "../buffer_pool.ts";
import type { BufferSlice, Kernel, UniformValue } from "../launcher.ts";
import { bindable, type PipelineCache, uniformBlockBytes } from "../pipelines.ts";
import { fillTexture, type TextureCopies } from "../texture_reads/copies.ts";
import type { TextureCopy, TexturePool } from "../texture_reads/pool.ts";
import { elideCopies } from "./copy_elision.ts";
import type { ReplayMemory } from "./memory.ts";
import { describePlan, type MemoryPlan, planMemory, usesOf } from "./plan.ts";
import { writeUniforms } from "../uniform_arena.ts";
import type { Allocation, Operand, RecordedCommand, RecordedDispatch, Recording } from "./recording.ts";
import { operandsOf, outlives, usedCommands, writtenBy } from "./used.ts";

export { ReplayMemory } from "./memory.ts";
export { Recording } from "./recording.ts";

/** A command as it is sent. */
type Command =
  | {
    readonly kind: "dispatch";
    readonly pipeline: GPUComputePipeline;
    readonly group: GPUBindGroup;
    /** Where its uniforms stand; null where it has none. */
    readonly uniforms: Uint32Array | null;
    readonly workgroups: RecordedDispatch["workgroups"];
  }
  | { readonly kind: "copy"; readonly from: BufferSlice; readonly to: BufferSlice; readonly bytes: number }
  | { readonly kind: "clear"; readonly target: BufferSlice }
  | { readonly kind: "texture"; readonly from: BufferSlice; readonly copy: TextureCopy; readonly lasting: boolean };

/** What a replay asks of the stream that it is sent with. */
export interface ReplayHost {
  /** Compiled kernels. */
  readonly pipelines: PipelineCache;
  /** The pool of the memory that commands use. */
  readonly pool: BufferPool;
  /** What all replays of the stream compute in. */
  readonly memory: ReplayMemory;
  /** A number that changes with each write to a buffer that the stream knows of. */
  versionOf(buffer: GPUBuffer): number;
  /** Runs launches that go to `dispatch` alone. */
  redirected(launch: () => void, dispatch: Redirected): void;
}

/** What the texture copies of a recording come from. */
export interface RecordedTextures {
  /** Those of the recording alone. */
  readonly copies: TextureCopies;
  /** Where they have their textures from, like all others of the stream. */
  readonly pool: TexturePool;
}

/** Where launches go that are made for their uniforms alone. */
export type Redirected = (kernel: Kernel, uniforms: Readonly<Record<string, UniformValue>>) => void;

/** A recording that can be sent again and again. */
export class Replay {
  /** What the plan of its memory came to. */
  readonly memory: MemoryPlan;
  /** Slices of memory that was there before, and which it writes. */
  readonly written: readonly BufferSlice[];
  /** Its dispatches, without those whose results nobody reads and those that only copy. */
  readonly dispatches: number;
  readonly #device: GPUDevice;
  readonly #host: ReplayHost;
  readonly #recording: Recording;
  readonly #used: readonly RecordedCommand[];
  /** Number of the shared buffer that stands for an allocation. */
  readonly #places: ReadonlyMap<Allocation, number>;
  /** Copies in textures that stay filled from one time to the next. */
  readonly #lasting: ReadonlySet<TextureCopy>;
  #commands: readonly Command[];
  /** Version of the shared memory that the commands are bound to. */
  #boundTo: number;
  readonly #textures: RecordedTextures;
  readonly #copies: readonly TextureCopy[];
  readonly #pinned: readonly GPUBuffer[];
  readonly #uniformBuffer: GPUBuffer;
  readonly #uniformGroup: GPUBindGroup;
  readonly #uniforms: DataView<ArrayBuffer>;
  readonly #versions = new Map<TextureCopy, number>();
  readonly #relaunches: readonly { readonly launch: () => void; readonly dispatches: readonly RecordedDispatch[] }[];
  #uniformsSent = false;

  /**
   * Plans the memory of a recording that is not refused, and takes it. Textures that are filled each time are shared with
   * all others of the pool.
   */
  constructor(device: GPUDevice, host: ReplayHost, recording: Recording, textures: RecordedTextures) {
    this.#device = device;
    this.#host = host;
    this.#recording = recording;
    this.#textures = textures;
    const commands = usedCommands(elideCopies(usedCommands(recording.commands)));
    const operands = commands.flatMap(operandsOf), plan = planMemory(usesOf(commands));
    this.memory = describePlan(plan);
    this.#places = new Map(plan.flatMap(({ uses }, i) => uses.map(({ allocation }) => [allocation, i] as const)));
    host.memory.reserve(plan.map(({ bytes }) => bytes));
    const written = commands.flatMap(writtenBy).filter(outlives);
    this.written = [
      ...new Map(written.map(({ slice }) => [slice.buffer, { ...slice, offset: 0, size: slice.buffer.size }])).values(),
    ];
    const changes = new Set(this.written.map(({ buffer }) => buffer));
    const filled = Map.groupBy(commands.filter((one) => one.kind === "texture"), ({ copy }) => copy);
    const lasting = [...filled].filter(([copy, fillings]) =>
      fillings.length === 1 && !textures.pool.isPinned(copy) &&
      fillings.every(({ from }) => outlives(from) && !changes.has(from.slice.buffer))
    );
    const lastingBytes = lasting.reduce((sum, [{ bytes }]) => sum + bytes, 0);
    this.#lasting = new Set(textures.pool.keep(lastingBytes) ? lasting.map(([copy]) => copy) : []);
    textures.copies.keepOnly((copy) => this.#lasting.has(copy));
    this.#copies = [...filled.keys()];
    this.#used = commands;
    this.#commands = this.#bind();
    this.#boundTo = host.memory.version;
    for (const copy of this.#copies) textures.pool.pin(copy);
    this.#relaunches = recording.sections.map(({ launch, from, to }) => ({
      launch,
      dispatches: recording.commands.slice(from, to).filter((one) => one.kind === "dispatch"),
    }));
    this.dispatches = this.#commands.filter(({ kind }) => kind === "dispatch").length;
    const kept = [...operands, ...recording.kept].filter(outlives).map(({ slice }) => slice.buffer);
    this.#pinned = [...new Set(kept)].filter((buffer) => host.pool.pin(buffer));
    const bytes = recording.uniforms;
    this.#uniforms = new DataView(bytes);
    this.#uniformBuffer = device.createBuffer({
      label: "uniforms of a captured step",
      size: Math.max(bytes.byteLength, uniformBlockBytes),
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.#uniformGroup = device.createBindGroup({
      label: "uniforms of a captured step",
      layout: host.pipelines.uniformLayout,
      entries: [{ binding: 0, resource: { buffer: this.#uniformBuffer, offset: 0, size: uniformBlockBytes } }],
    });
  }

  /** Whether the memory that it was recorded with is still where it was. */
  get usable(): boolean {
    return this.#pinned.every((buffer) => !this.#host.pool.isResting(buffer) || this.#own(buffer));
  }

  /**
   * Encodes all commands; no pass may be open. The uniforms go to the GPU at once, so that the work of the last time has to
   * be submitted.
   */
  encode(encoder: GPUCommandEncoder): void {
    const { version } = this.#host.memory;
    if (this.#boundTo !== version) {
      this.#commands = this.#bind();
      this.#boundTo = version;
    }
    this.#setUniforms();
    let pass: GPUComputePassEncoder | null = null, pipeline: GPUComputePipeline | null = null;
    const endPass = () => {
      pass?.end();
      pass = pipeline = null;
    };
    for (const command of this.#commands) {
      switch (command.kind) {
        case "dispatch":
          pass ??= encoder.beginComputePass({ label: "captured step" });
          if (pipeline !== command.pipeline) pass.setPipeline(pipeline = command.pipeline);
          pass.setBindGroup(0, command.group);
          if (command.uniforms) pass.setBindGroup(1, this.#uniformGroup, command.uniforms, 0, 1);
          pass.dispatchWorkgroups(...command.workgroups);
          break;
        case "copy": {
          const { from, to, bytes } = command;
          endPass();
          encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, bytes);
          break;
        }
        case "clear": {
          const { buffer, offset, size } = command.target;
          endPass();
          encoder.clearBuffer(buffer, offset, Math.ceil(size / 4) * 4);
          break;
        }
        case "texture": {
          const version = this.#host.versionOf(command.from.buffer);
          if (command.lasting && this.#versions.get(command.copy) === version) break;
          this.#versions.set(command.copy, version);
          endPass();
          fillTexture(encoder, command.from, command.copy.texture);
        }
      }
    }
    endPass();
  }

  /** Frees what it alone uses. Work that was encoded must have been submitted. */
  dispose(): void {
    this.#host.memory.release();
    for (const buffer of this.#pinned) this.#host.pool.unpin(buffer);
    for (const copy of this.#copies) this.#textures.pool.unpin(copy);
    this.#textures.pool.unkeep([...this.#lasting].reduce((sum, { bytes }) => sum + bytes, 0));
    this.#textures.copies.expire();
    this.#uniformBuffer.destroy();
  }

  /** Memory that was taken during the recording and outlives it. */
  #own(buffer: GPUBuffer): boolean {
    return this.#recording.allocations.some((one) => !one.freed && one.buffer === buffer);
  }

  /** The commands with the memory that they use now. */
  #bind(): Command[] {
    const placed = ({ slice, allocation }: Operand): BufferSlice => {
      const place = allocation ? this.#places.get(allocation) : undefined;
      return place === undefined ? slice : { ...slice, buffer: this.#host.memory.buffer(place) };
    };
    return this.#used.map((command): Command => {
      switch (command.kind) {
        case "dispatch":
          return this.#bound(command, command.operands.map(placed));
        case "copy":
          return { ...command, from: placed(command.from), to: placed(command.to) };
        case "clear":
          return { ...command, target: placed(command.target) };
        case "texture":
          return { ...command, from: placed(command.from), lasting: this.#lasting.has(command.copy) };
      }
    });
  }

  #bound(
    { kernel, compiled, copies, uniforms, workgroups }: RecordedDispatch,
    slices: readonly BufferSlice[],
  ): Command {
    const group = this.#device.createBindGroup({
      label: kernel.label,
      layout: compiled.layout,
      entries: [
        ...compiled.buffers.map(([binding], i) => ({ binding, resource: bindable(slices[i]!) })),
        ...compiled.textures.map(({ binding }, i) => ({ binding, resource: copies[i]!.view })),
      ],
    });
    const { pipeline } = compiled;
    return { kind: "dispatch", pipeline, group, uniforms: uniforms < 0 ? null : Uint32Array.of(uniforms), workgroups };
  }

  #setUniforms(): void {
    const { changing } = this.#recording;
    if (changing.length + this.#relaunches.length === 0 && this.#uniformsSent) return;
    this.#relaunch();
    for (const { at, type, now } of changing) {
      if (type === "f32") this.#uniforms.setFloat32(at, now(), true);
      else this.#uniforms.setUint32(at, now(), true);
    }
    if (this.#uniforms.byteLength > 0) this.#device.queue.writeBuffer(this.#uniformBuffer, 0, this.#uniforms.buffer);
    this.#uniformsSent = true;
  }

  /** Launches anew what depends on numbers of the host. @throws Error when that is not what was recorded */
  #relaunch(): void {
    for (const { launch, dispatches } of this.#relaunches) {
      let next = 0;
      this.#host.redirected(launch, (kernel, uniforms) => {
        const recorded = dispatches[next++];
        if (recorded?.kernel !== kernel) throw new Error(`${kernel.label} is launched where a captured step did not.`);
        writeUniforms(this.#uniforms, recorded.uniforms, recorded.compiled.fields, uniforms);
      });
      if (next !== dispatches.length) throw new Error("A captured step launches less than it did.");
    }
  }
}
