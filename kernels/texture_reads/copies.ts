import type { BufferSlice } from "../launcher.ts";
import { bytesOfRows, sizeClass, texelBytes, type TextureCopy, TexturePool } from "./pool.ts";
import { rowTexels, type TexelFormat } from "./texels.ts";

const rowBytes = rowTexels * texelBytes;

interface Filled {
  readonly held: TextureCopy;
  readonly buffer: GPUBuffer;
  /** Number of the launch that last read it. */
  usedBy: number;
  readonly offset: number;
  readonly size: number;
  readonly format: TexelFormat;
}

/**
 * Copies of buffers in textures, for shaders that read those faster. A copy serves until its buffer is written; whoever
 * records a write says so with `changed`. Textures whose copies are out of date are filled again, since commands run in
 * the order in which they are recorded.
 */
export class TextureCopies {
  readonly #device: GPUDevice;
  readonly #most: number;
  readonly #pool: TexturePool;
  readonly #filled = new Map<GPUBuffer, Filled[]>();
  #launch = 0;

  /**
   * Makes an empty set.
   *
   * @param most bytes of textures beyond which those that were used longest ago are filled anew; what one launch reads may
   *   be more
   * @param pool where the textures come from; one of its own by default
   */
  constructor(device: GPUDevice, most = 2 ** 29, pool: TexturePool = new TexturePool(device)) {
    this.#device = device;
    this.#most = most;
    this.#pool = pool;
  }

  /** Bytes of all textures of the pool. */
  get bytes(): number {
    return this.#pool.bytes;
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
      if (meets) this.#pool.give(one.held);
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
    return this.#pool.unpinnedBytes > 2 * this.#most;
  }

  /** Says that any buffer may have been written, or the textures. */
  expire(): void {
    this.keepOnly(() => false);
  }

  /** Gives back the textures that a condition is false of: their copies are of no more use. */
  keepOnly(condition: (copy: TextureCopy) => boolean): void {
    for (const [buffer, all] of this.#filled) {
      const kept = all.filter(({ held }) => condition(held));
      for (const one of all) if (!kept.includes(one)) this.#pool.give(one.held);
      this.#keep(buffer, kept);
    }
  }

  /** Frees all textures that nobody else has. Recorded work must have been submitted. */
  clear(): void {
    this.expire();
    this.#pool.trim();
  }

  #find({ buffer, offset, size }: BufferSlice, format: TexelFormat): Filled | undefined {
    return this.#filled.get(buffer)?.find((one) => one.offset === offset && one.size >= size && one.format === format);
  }

  #take(size: number, format: TexelFormat): TextureCopy {
    const rows = rowsOf(size), waiting = this.#pool.reuse(rows, format);
    if (waiting) return waiting;
    const idle = this.bytes + bytesOfRows(rows) > this.#most ? this.#longestIdle(sizeClass(rows, format)) : undefined;
    if (!idle) return this.#pool.make(rows, format);
    const { buffer } = idle;
    this.#keep(buffer, this.#filled.get(buffer)!.filter((one) => one !== idle));
    return idle.held;
  }

  /** The copy of a class that was used longest ago, and not by this launch. */
  #longestIdle(sizeClass: string): Filled | undefined {
    let longest: Filled | undefined;
    for (const one of [...this.#filled.values()].flat()) {
      if (one.held.sizeClass !== sizeClass || one.usedBy === this.#launch) continue;
      if (!longest || one.usedBy < longest.usedBy) longest = one;
    }
    return longest;
  }

  #keep(buffer: GPUBuffer, filled: Filled[]): void {
    if (filled.length > 0) this.#filled.set(buffer, filled);
    else this.#filled.delete(buffer);
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
