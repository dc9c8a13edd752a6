import type { BufferSlice } from "../launcher.ts";
import { steppedSize } from "../size_class.ts";
import { rowTexels, type TexelFormat } from "./source.ts";

/** Bytes of a texel. */
const texelBytes = 16;
const rowBytes = rowTexels * texelBytes;

/** Texels that rows are longer by: rows of a power of two bytes would share few sets of the CPU's cache. */
const padding = 4;

// Read when a device is there: without WebGPU these names are unknown.
const usage = () => GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST;

/** A texture that held the numbers of a slice when it was last filled. */
export interface TextureCopy {
  /** What shaders are given. */
  readonly view: GPUTextureView;
  /** Where it lies. */
  readonly texture: GPUTexture;
  /** Number of the texture among all that were made. */
  readonly id: number;
}

interface Held extends TextureCopy {
  readonly pool: string;
}

interface Filled {
  readonly held: Held;
  readonly buffer: GPUBuffer;
  /** Number of the launch that last read it. */
  usedBy: number;
  readonly offset: number;
  readonly size: number;
  readonly format: TexelFormat;
}

/** Textures that were made so far: bind groups of all sets are kept together. */
let made = 0;

/**
 * Copies of buffers in textures, for shaders that read those faster. A copy serves until its buffer is written; whoever
 * records a write says so with `changed`. Textures whose copies are out of date are filled again, since commands run in
 * the order in which they are recorded.
 */
export class TextureCopies {
  readonly #device: GPUDevice;
  readonly #most: number;
  readonly #filled = new Map<GPUBuffer, Filled[]>();
  readonly #waiting = new Map<string, Held[]>();
  #bytes = 0;
  #launch = 0;

  /**
   * Makes an empty set.
   *
   * @param most bytes of textures beyond which those that were used longest ago are filled anew; what one launch reads may
   *   be more
   */
  constructor(device: GPUDevice, most = 2 ** 29) {
    this.#device = device;
    this.#most = most;
  }

  /** Bytes of all textures. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Begins the next launch: what is found or made from here on is not filled anew before its end. */
  begin(): void {
    this.#launch++;
  }

  /** Whether a slice can be copied at all. */
  takes({ buffer, offset, size }: BufferSlice): boolean {
    return (buffer.usage & GPUBufferUsage.COPY_SRC) !== 0 && offset % texelBytes === 0 && size > 0 &&
      offset + texelsOf(size) * texelBytes <= buffer.size && rowsOf(size) <= this.#device.limits.maxTextureDimension2D;
  }

  /** The copy of a slice that is up to date, if there is one. */
  find(slice: BufferSlice, format: TexelFormat): TextureCopy | undefined {
    const found = this.#find(slice, format);
    if (found) found.usedBy = this.#launch;
    return found?.held;
  }

  /** Copies a slice, which `takes` has accepted; no pass may be open. */
  make(encoder: GPUCommandEncoder, slice: BufferSlice, format: TexelFormat): TextureCopy {
    const { buffer, offset, size } = slice;
    const held = this.#take(size, format);
    fillTexture(encoder, slice, held.texture);
    const filled = { held, buffer, offset, size, format, usedBy: this.#launch };
    const others = this.#filled.get(buffer);
    if (others) others.push(filled);
    else this.#filled.set(buffer, [filled]);
    return held;
  }

  /** Says that a slice is written by what is recorded next. */
  changed({ buffer, offset, size }: BufferSlice): void {
    const all = this.#filled.get(buffer);
    if (!all) return;
    const current = all.filter((one) => {
      const meets = one.offset < offset + size && offset < one.offset + one.size;
      if (meets) this.#wait(one.held);
      return !meets;
    });
    this.#keep(buffer, current);
  }

  /** Says that a buffer's contents are of no more use. */
  forget(buffer: GPUBuffer): void {
    this.changed({ buffer, offset: 0, size: buffer.size });
  }

  /** Whether there are more textures than are worth keeping. */
  get tooMany(): boolean {
    return this.#bytes > 2 * this.#most;
  }

  /** Says that any buffer may have been written. */
  expire(): void {
    for (const { held } of [...this.#filled.values()].flat()) this.#wait(held);
    this.#filled.clear();
  }

  /** Frees all textures. Recorded work must have been submitted. */
  clear(): void {
    this.expire();
    for (const { texture } of [...this.#waiting.values()].flat()) texture.destroy();
    this.#waiting.clear();
    this.#bytes = 0;
  }

  #find({ buffer, offset, size }: BufferSlice, format: TexelFormat): Filled | undefined {
    return this.#filled.get(buffer)?.find((one) => one.offset === offset && one.size >= size && one.format === format);
  }

  #take(size: number, format: TexelFormat): Held {
    const rows = steppedSize(rowsOf(size)), pool = `${format} ${rows}`;
    const waiting = this.#waiting.get(pool)?.pop();
    if (waiting) return waiting;
    const bytes = (rowTexels + padding) * texelBytes * rows;
    const idle = this.#bytes + bytes > this.#most ? this.#longestIdle(pool) : undefined;
    if (idle) {
      const { buffer } = idle;
      this.#keep(buffer, this.#filled.get(buffer)!.filter((one) => one !== idle));
      return idle.held;
    }
    const texture = this.#device.createTexture({
      label: `texture copy ${rows}`,
      size: [rowTexels + padding, rows],
      format,
      usage: usage(),
    });
    this.#bytes += bytes;
    return { texture, view: texture.createView(), id: made++, pool };
  }

  /** The copy of a pool that was used longest ago, and not by this launch. */
  #longestIdle(pool: string): Filled | undefined {
    let longest: Filled | undefined;
    for (const one of [...this.#filled.values()].flat()) {
      if (one.held.pool !== pool || one.usedBy === this.#launch) continue;
      if (!longest || one.usedBy < longest.usedBy) longest = one;
    }
    return longest;
  }

  #keep(buffer: GPUBuffer, filled: Filled[]): void {
    if (filled.length > 0) this.#filled.set(buffer, filled);
    else this.#filled.delete(buffer);
  }

  #wait(held: Held): void {
    const waiting = this.#waiting.get(held.pool);
    if (waiting) waiting.push(held);
    else this.#waiting.set(held.pool, [held]);
  }
}

/** Records copying a slice to a texture that is large enough; no pass may be open. */
export function fillTexture(
  encoder: GPUCommandEncoder,
  { buffer, offset, size }: BufferSlice,
  texture: GPUTexture,
): void {
  const rows = Math.floor(texelsOf(size) / rowTexels), rest = texelsOf(size) % rowTexels;
  if (rows > 0) {
    encoder.copyBufferToTexture(
      { buffer, offset, bytesPerRow: rowBytes, rowsPerImage: rows },
      { texture },
      [rowTexels, rows],
    );
  }
  if (rest > 0) {
    encoder.copyBufferToTexture(
      { buffer, offset: offset + rows * rowBytes },
      { texture, origin: [0, rows] },
      [rest, 1],
    );
  }
}

function texelsOf(size: number): number {
  return Math.ceil(size / texelBytes);
}

function rowsOf(size: number): number {
  return Math.ceil(texelsOf(size) / rowTexels);
}
