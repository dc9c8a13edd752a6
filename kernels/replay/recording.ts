import type { BufferSlice, Kernel, UniformValue, Workgroups } from "../launcher.ts";
import { type Compiled, uniformBlockBytes } from "../pipelines.ts";
import type { TextureCopy } from "../texture_reads/pool.ts";
import { writeUniforms } from "../uniform_arena.ts";

/** Memory that was taken during a recording. */
export interface Allocation {
  /** What it had then. */
  readonly buffer: GPUBuffer;
  /** Whether it was given back during the recording, so that nobody reads it afterwards. */
  freed: boolean;
}

/** A slice that a command uses. */
export interface Operand {
  readonly slice: BufferSlice;
  /** Null for memory that was there before the recording. */
  readonly allocation: Allocation | null;
}

/** One run of a kernel. */
export interface RecordedDispatch {
  readonly kind: "dispatch";
  readonly kernel: Kernel;
  readonly compiled: Compiled;
  /** What is bound as buffers, in the order of `compiled.buffers`. */
  readonly operands: readonly Operand[];
  /** What is bound as textures. */
  readonly copies: readonly TextureCopy[];
  readonly workgroups: Workgroups;
  /** What its uniforms are given each time; null where that depends on numbers of the host. */
  readonly given: Readonly<Record<string, UniformValue>> | null;
  /** Where its uniforms stand, in bytes; -1 where it has none. */
  readonly uniforms: number;
}

/** One command of a recording, in the order in which they run. */
export type RecordedCommand =
  | RecordedDispatch
  | { readonly kind: "copy"; readonly from: Operand; readonly to: Operand; readonly bytes: number }
  | { readonly kind: "clear"; readonly target: Operand }
  | { readonly kind: "texture"; readonly from: Operand; readonly copy: TextureCopy };

/** A uniform that is another number each time. */
export interface ChangingUniform {
  /** Where it stands, in bytes. */
  readonly at: number;
  readonly type: "u32" | "i32" | "f32";
  now(): number;
}

/** Commands whose uniforms depend on numbers of the host, and what launches them again. */
export interface Section {
  readonly launch: () => void;
  /** Number of the first command, and of the first behind them. */
  readonly from: number;
  readonly to: number;
}

/** Notes what a command stream is given between two points, so that it can be repeated. */
export class Recording {
  readonly commands: RecordedCommand[] = [];
  readonly changing: ChangingUniform[] = [];
  readonly sections: Section[] = [];
  readonly allocations: Allocation[] = [];
  /** What is read after each time. */
  readonly kept: Operand[] = [];
  /** Why it cannot be repeated; null where it can. */
  refusal: string | null = null;
  readonly #stride: number;
  readonly #live = new Map<GPUBuffer, Allocation>();
  /** Used memory that was there before. */
  readonly #outside = new Set<GPUBuffer>();
  #uniforms = new DataView(new ArrayBuffer(1 << 14));
  #used = 0;
  #inSection = false;

  /** Begins. @param stride bytes from one uniform block to the next */
  constructor(stride: number) {
    this.#stride = stride;
  }

  /** The uniform blocks of all commands. */
  get uniforms(): ArrayBuffer {
    return this.#uniforms.buffer.slice(0, this.#used);
  }

  /** Says why it cannot be repeated. */
  refuse(reason: string): void {
    this.refusal ??= reason;
  }

  /** Memory was taken. */
  allocated({ buffer }: BufferSlice): void {
    const allocation = { buffer, freed: false };
    this.allocations.push(allocation);
    this.#live.set(buffer, allocation);
  }

  /** Memory was given back. */
  freed(buffer: GPUBuffer): void {
    const allocation = this.#live.get(buffer);
    if (allocation) allocation.freed = true;
    else if (this.#outside.has(buffer)) this.refuse("it gives back memory that was there before it");
    this.#live.delete(buffer);
  }

  /** A kernel runs. */
  dispatch(
    kernel: Kernel,
    compiled: Compiled,
    bindings: Readonly<Record<string, BufferSlice>>,
    copies: readonly TextureCopy[],
    uniforms: Readonly<Record<string, UniformValue>>,
    workgroups: Workgroups,
  ): void {
    const at = compiled.fields.length > 0 ? this.#block() : -1;
    if (at >= 0) {
      writeUniforms(this.#uniforms, at, compiled.fields, uniforms);
      for (const [i, [name, type]] of compiled.fields.entries()) {
        const given = uniforms[name]!;
        if (typeof given !== "number") this.changing.push({ at: at + i * 4, type, now: () => given.now() });
      }
    }
    const operands = compiled.buffers.map(([, name]) => this.#operand(bindings[name]!));
    const given = this.#inSection ? null : uniforms;
    this.commands.push({ kind: "dispatch", kernel, compiled, operands, copies, workgroups, given, uniforms: at });
  }

  /** Memory is copied. */
  copy(from: BufferSlice, to: BufferSlice, bytes: number): void {
    this.commands.push({ kind: "copy", from: this.#operand(from), to: this.#operand(to), bytes });
  }

  /** Memory is set to zero. */
  clear(slice: BufferSlice): void {
    this.commands.push({ kind: "clear", target: this.#operand(slice) });
  }

  /** A texture is filled from memory. */
  texture(from: BufferSlice, copy: TextureCopy): void {
    this.commands.push({ kind: "texture", from: this.#operand(from), copy });
  }

  /** A slice is read after each time. */
  keep(slice: BufferSlice): void {
    this.kept.push(this.#operand(slice));
  }

  /** Runs launches whose uniforms depend on numbers of the host: they are launched again each time, for those alone. */
  section(launch: () => void): void {
    const from = this.commands.length;
    this.#inSection = true;
    try {
      launch();
    } finally {
      this.#inSection = false;
    }
    const to = this.commands.length;
    if (this.commands.slice(from).every(({ kind }) => kind !== "copy" && kind !== "clear")) {
      this.sections.push({ launch, from, to });
    } else this.refuse("what is launched anew each time copies memory");
  }

  #block(): number {
    const at = this.#used;
    this.#used += this.#stride;
    if (this.#used > this.#uniforms.byteLength) {
      const larger = new ArrayBuffer(2 * this.#uniforms.byteLength + uniformBlockBytes);
      new Uint8Array(larger).set(new Uint8Array(this.#uniforms.buffer));
      this.#uniforms = new DataView(larger);
    }
    return at;
  }

  #operand(slice: BufferSlice): Operand {
    const allocation = this.#live.get(slice.buffer) ?? null;
    if (!allocation) this.#outside.add(slice.buffer);
    return { slice, allocation };
  }
}
