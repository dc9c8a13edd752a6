import { steppedSize } from "../size_class.ts";
import { rowTexels, type TexelFormat } from "./texels.ts";

/** Bytes of a texel. */
export const texelBytes = 16;

/** Texels that rows are longer by: rows of a power of two bytes would share few sets of the CPU's cache. */
const padding = 4;

/**
 * Bytes of textures that replays may keep filled from one time to the next. Each has copies of its own, so that many replays
 * of one network would hold its weights many times; beyond this they fill textures that they share.
 */
const mostKeptBytes = 2 ** 27;

// Read when a device is there: without WebGPU these names are unknown.
const usage = () => GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST;

/** A texture that holds the numbers of a slice. */
export interface TextureCopy {
  /** What shaders are given. */
  readonly view: GPUTextureView;
  /** Where it lies. */
  readonly texture: GPUTexture;
  /** Number of the texture among all that were made. */
  readonly id: number;
  /** Its format and rows: those of one class serve in each other's place. */
  readonly sizeClass: string;
  /** Its size. */
  readonly bytes: number;
}

/** Textures that were made so far: bind groups of all sets are kept together. */
let made = 0;

/**
 * Textures that are handed out and taken back. One that was taken back serves the next taker of its class at once, since
 * commands run in the order in which they are recorded.
 */
export class TexturePool {
  readonly #device: GPUDevice;
  readonly #waiting = new Map<string, TextureCopy[]>();
  readonly #pinned = new Map<TextureCopy, number>();
  #bytes = 0;
  #pinnedBytes = 0;
  #keptBytes = 0;

  /** Makes an empty pool. */
  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Bytes of all textures. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the textures that are not pinned. */
  get unpinnedBytes(): number {
    return this.#bytes - this.#pinnedBytes;
  }

  /** A texture for so many rows that was taken back, if there is one. */
  reuse(rows: number, format: TexelFormat): TextureCopy | undefined {
    return this.#waiting.get(sizeClass(rows, format))?.pop();
  }

  /** A texture for so many rows, made anew. */
  make(rows: number, format: TexelFormat): TextureCopy {
    const height = steppedSize(rows);
    const texture = this.#device.createTexture({
      label: `texture copy ${height}`,
      size: [rowTexels + padding, height],
      format,
      usage: usage(),
    });
    const bytes = bytesOfRows(rows);
    this.#bytes += bytes;
    return { texture, view: texture.createView(), id: made++, sizeClass: sizeClass(rows, format), bytes };
  }

  /** Takes a texture back. */
  give(copy: TextureCopy): void {
    const waiting = this.#waiting.get(copy.sizeClass);
    if (waiting) waiting.push(copy);
    else this.#waiting.set(copy.sizeClass, [copy]);
  }

  /** Keeps a texture for those who fill it again each time before they read it, also while others have it. */
  pin(copy: TextureCopy): void {
    const pins = this.#pinned.get(copy) ?? 0;
    if (pins === 0) this.#pinnedBytes += copy.bytes;
    this.#pinned.set(copy, pins + 1);
  }

  /** Whether somebody fills a texture anew each time, so that others cannot rely on what it holds. */
  isPinned(copy: TextureCopy): boolean {
    return this.#pinned.has(copy);
  }

  /** Ends one `pin`. */
  unpin(copy: TextureCopy): void {
    const pins = this.#pinned.get(copy)! - 1;
    if (pins > 0) this.#pinned.set(copy, pins);
    else {
      this.#pinned.delete(copy);
      this.#pinnedBytes -= copy.bytes;
    }
  }

  /** Whether textures of so many bytes may stay filled beside all that do: the first always may. Ends with `unkeep`. */
  keep(bytes: number): boolean {
    if (this.#keptBytes > 0 && this.#keptBytes + bytes > mostKeptBytes) return false;
    this.#keptBytes += bytes;
    return true;
  }

  /** Ends one `keep`. */
  unkeep(bytes: number): void {
    this.#keptBytes -= bytes;
  }

  /** Frees the textures that nobody has. Recorded work must have been submitted. */
  trim(): void {
    for (const [sizeClass, copies] of this.#waiting) {
      const kept = copies.filter((copy) => this.#pinned.has(copy));
      for (const copy of copies) {
        if (this.#pinned.has(copy)) continue;
        copy.texture.destroy();
        this.#bytes -= copy.bytes;
      }
      if (kept.length > 0) this.#waiting.set(sizeClass, kept);
      else this.#waiting.delete(sizeClass);
    }
  }
}

/** Bytes of a texture for so many rows. */
export function bytesOfRows(rows: number): number {
  return (rowTexels + padding) * texelBytes * steppedSize(rows);
}

/** The class of a texture for so many rows. */
export function sizeClass(rows: number, format: TexelFormat): string {
  return `${format} ${steppedSize(rows)}`;
}
