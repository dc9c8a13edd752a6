import { ShapeError } from "./errors.ts";
import type { MatmulShape, MatmulVariant } from "./matmul/variant.ts";

/** A range of a GPU buffer. `offset` is a multiple of the device's storage alignment; both are in bytes. */
export interface BufferSlice {
  /** The buffer it is part of. */
  readonly buffer: GPUBuffer;
  /** Where it starts, in bytes. */
  readonly offset: number;
  /** Its length in bytes. */
  readonly size: number;
}

/** What messages say of more bytes than a device binds. */
export function boundBytes(bytes: number, most: number): string {
  return `takes ${bytes.toLocaleString("en")} bytes, but this device binds at most ${
    most.toLocaleString("en")
  } at once`;
}

/** A range of four-byte elements of a slice. */
export function part(slice: BufferSlice, from: number, length: number): BufferSlice {
  return { buffer: slice.buffer, offset: slice.offset + from * 4, size: length * 4 };
}

/**
 * What a shader does with a storage binding. `write` bindings may be read too (WGSL `read_write`); of `update` bindings
 * an element is read only by the invocation that then writes it.
 */
export type Access = "read" | "write" | "update";

/** Type of one 32-bit field of a kernel's uniform block. */
export type UniformType = "u32" | "i32" | "f32";

/**
 * One WGSL compute shader and its interface.
 *
 * Storage bindings stand in `@group(0)` in the order of `bindings`; the uniform block, if there is one, is
 * `@group(1) @binding(0)` with 32-bit fields in the order of `uniforms`. The entry point is `main`.
 */
export interface Kernel<Bindings extends string = string, Uniforms extends string = string> {
  /** Family and role, such as `layer_norm.forward`: what error messages and profiles show. */
  readonly label: string;
  /** The shader, in WGSL. */
  readonly code: string;
  /** Storage bindings by name. */
  readonly bindings: Readonly<Record<Bindings, Access>>;
  /** Fields of the uniform block by name. */
  readonly uniforms: Readonly<Record<Uniforms, UniformType>>;
  /** Values of the shader's `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Bytes of an element, of which the uniform `count` says how many there are. */
  readonly elementBytes?: number;
  /**
   * Values of uniforms, and first elements of bindings, with which a dispatch only copies `count` elements of its first
   * binding to the one that it writes, to the bit.
   */
  readonly copiesIf?: Readonly<Partial<Record<NoInfer<Bindings | Uniforms>, number>>>;
  /** The uniform that the elements of what it writes are set to. */
  readonly fillsWith?: NoInfer<Uniforms>;
  /** Floating-point operations of a dispatch, for profiles; left out where memory bounds it. */
  flops?(
    uniforms: Readonly<Record<Uniforms, number>>,
    bindings: Readonly<Record<Bindings, BufferSlice>>,
  ): number;
}

/** A uniform that is another number each time its launch is repeated. */
export interface ChangingNumber {
  /** What it is in this launch. */
  readonly value: number;
  /** What it is now. */
  now(): number;
}

/** What a field of a uniform block is given. */
export type UniformValue = number | ChangingNumber;

/** States a kernel with its names checked by the compiler. */
export function defineKernel<Bindings extends string, Uniforms extends string>(
  kernel: Kernel<Bindings, Uniforms>,
): Kernel<Bindings, Uniforms> {
  return kernel;
}

/** What launches may ask about the device to choose a variant. */
export interface Capabilities {
  /** Invocations in a subgroup, or 0 where the device has no subgroup operations. */
  readonly subgroupSize: number;
  /** True where the GPU is a CPU (llvmpipe, SwiftShader): vector lanes are dear to fill and shared memory gains nothing. */
  readonly software: boolean;
  /** True where WGSL has to say `enable subgroups;`: everywhere but in Deno. */
  readonly enableSubgroups?: boolean;
  /** True where shaders may use f16. */
  readonly shaderF16: boolean;
  /** True where reads of a storage texture are faster than those of a buffer; see texture_reads/. */
  readonly textureReads?: boolean;
  /** Most bytes one binding may have. */
  readonly maxBindingSize: number;
  /** Variants of products that were measured to be fastest on this device; undefined for any other product. */
  readonly matmulVariant?: (shape: Required<MatmulShape>) => MatmulVariant | undefined;
}

/** Number of workgroups along x, y and z. */
export type Workgroups = readonly [x: number, y?: number, z?: number];

/**
 * Where launches send their work. The engine's command stream is one; `createLauncher` makes one for a bare
 * `GPUDevice`.
 */
export interface Launcher {
  /** What the device can do. */
  readonly capabilities: Capabilities;
  /**
   * Records one run of a kernel, after all that was recorded before.
   *
   * @param reads how many numbers its invocations read from its bindings, all together; by default each number once
   */
  dispatch<Bindings extends string, Uniforms extends string>(
    kernel: Kernel<Bindings, Uniforms>,
    bindings: Readonly<Record<Bindings, BufferSlice>>,
    uniforms: Readonly<Record<Uniforms, UniformValue>>,
    workgroups: Workgroups,
    reads?: number,
  ): void;
  /** Borrows memory of at least `bytes` for use by the dispatches of one launch; give it back with `release`. */
  scratch(bytes: number): BufferSlice;
  /** Gives scratch memory back. What was recorded still uses it; later dispatches may reuse it. */
  release(slice: BufferSlice): void;
}

/**
 * Rounds that all loops of an invocation together may make: Mesa's llvmpipe, a GPU that is a CPU, ends them after 65,535
 * without a word.
 */
export const mostRounds = 65_535;

/** Fails where a launch's invocations need more rounds of loops than the device lets them make. @throws ShapeError */
export function expectRounds({ capabilities }: Launcher, what: string, rounds: number): void {
  if (capabilities.software && rounds > mostRounds) {
    throw new ShapeError(
      `${what} would loop ${rounds} times, but GPUs that are CPUs end loops after ${mostRounds} rounds.`,
    );
  }
}

/** WebGPU's limit on workgroups along one dimension. */
export const maxWorkgroupsPerDimension = 65535;

/**
 * Lays `count` workgroups out in x and y, since one dimension holds 65,535. Shaders find their number as
 * `workgroup_id.y * num_workgroups.x + workgroup_id.x`; the last row may hold some past the end.
 */
export function workgroupGrid(count: number): [number, number] {
  if (count <= maxWorkgroupsPerDimension) return [Math.max(count, 1), 1];
  const y = Math.ceil(count / maxWorkgroupsPerDimension);
  return [Math.ceil(count / y), y];
}

/** Invocations in a workgroup of the kernels that handle one element each. */
export const elementsPerWorkgroup = 64;

/** The grid for one invocation an element, in workgroups of 64. */
export function elementGrid(elements: number): [number, number] {
  return workgroupGrid(Math.ceil(elements / elementsPerWorkgroup));
}

/**
 * Lays `rows` out in y and z beside `across` workgroups in x. Shaders find their row as
 * `workgroup_id.z * num_workgroups.y + workgroup_id.y`; the last layer may hold some past the end.
 */
export function rowGrid(across: number, rows: number): [number, number, number] {
  return [Math.max(across, 1), ...workgroupGrid(rows)];
}

/** The grid for one invocation every four elements, in workgroups of 64. */
export function vectorGrid(elements: number): [number, number] {
  return elementGrid(Math.ceil(elements / 4));
}

/**
 * The slice widened to whole vectors of four elements, for kernels that handle four at a time (and leave those past the
 * end as they are).
 *
 * @throws ShapeError when the buffer ends within the last vector
 */
export function wholeVectors(slice: BufferSlice): BufferSlice {
  const size = Math.ceil(slice.size / 16) * 16;
  if (size === slice.size) return slice;
  if (slice.offset + size > slice.buffer.size) {
    throw new ShapeError(
      `buffer ${slice.buffer.label}: its size of ${slice.buffer.size} bytes must be a multiple of 16, the size of four elements.`,
    );
  }
  return { buffer: slice.buffer, offset: slice.offset, size };
}
