import type { BufferSlice } from "./launcher.ts";
import { steppedSize } from "./size_class.ts";

/** Counts of a pool's memory. */
export interface PoolStatistics {
  /** Slices handed out and not given back. */
  readonly liveSlices: number;
  /** Bytes of the slices handed out and not given back, rounded up to their size class. */
  readonly liveBytes: number;
  /** Bytes of all buffers that exist, handed out or waiting. */
  readonly reservedBytes: number;
}

// Read when a device is there: without WebGPU these names are unknown.
const usage = () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
const smallestClass = 256;

/** Size classes: powers of two up to 1 MiB with three steps between, then multiples of 1 MiB. */
function classSize(bytes: number): number {
  if (bytes <= smallestClass) return smallestClass;
  if (bytes > 1 << 20) return Math.ceil(bytes / (1 << 20)) * (1 << 20);
  return steppedSize(bytes);
}

/**
 * Storage buffers sorted by size class. A buffer that is given back is used again by the next taker of its class,
 * since dispatches run in the order in which they are recorded. All of a pool's buffers are destroyed with it.
 */
export class BufferPool {
  readonly #device: GPUDevice;
  /** Told what is handed out and given back while a recording is made. */
  watch: { allocated(slice: BufferSlice): void; freed(buffer: GPUBuffer): void } | null = null;
  readonly #submission: () => number;
  readonly #onFree: (buffer: GPUBuffer) => void;
  readonly #waiting = new Map<number, { buffer: GPUBuffer; usedIn: number }[]>();
  readonly #live = new Map<GPUBuffer, string>();
  readonly #pinned = new Map<GPUBuffer, number>();
  /** Pinned buffers that were given back. */
  readonly #resting = new Set<GPUBuffer>();
  #destroyed = false;
  #liveBytes = 0;
  #peakBytes = 0;
  #reservedBytes = 0;

  /**
   * Makes an empty pool.
   *
   * @param submission number of the submission that is being recorded
   * @param onFree told of each buffer that is given back
   */
  constructor(device: GPUDevice, submission: () => number, onFree: (buffer: GPUBuffer) => void = () => {}) {
    this.#device = device;
    this.#submission = submission;
    this.#onFree = onFree;
  }

  /**
   * Hands out memory.
   *
   * @param bytes 0 gives an empty slice, which dispatches may be given like any other
   * @param options.label what the memory is for, shown by the leak test
   * @param options.forUpload true when the host writes to it before the recorded work is sent; such a buffer must not
   *   be one that the recorded work still uses
   */
  allocate(bytes: number, { label = "tensor", forUpload = false } = {}): BufferSlice {
    const size = classSize(bytes);
    const waiting = this.#waiting.get(size) ?? [];
    const index = forUpload ? waiting.findIndex((entry) => entry.usedIn < this.#submission()) : waiting.length - 1;
    const buffer = index >= 0 ? waiting.splice(index, 1)[0]!.buffer : this.#create(size);
    this.#live.set(buffer, label);
    this.#liveBytes += size;
    this.#peakBytes = Math.max(this.#peakBytes, this.#liveBytes);
    const slice = { buffer, offset: 0, size: Math.ceil(bytes / 4) * 4 };
    this.watch?.allocated(slice);
    return slice;
  }

  /** Takes a slice back; nothing is left to take once the pool is destroyed. */
  free({ buffer }: BufferSlice): void {
    if (this.#destroyed) return;
    if (!this.#live.delete(buffer)) throw new Error("a buffer was freed twice, or is not of this pool");
    this.#liveBytes -= buffer.size;
    this.#onFree(buffer);
    this.watch?.freed(buffer);
    if (this.#pinned.has(buffer)) this.#resting.add(buffer);
    else this.#wait(buffer);
  }

  /**
   * Keeps a buffer for those who have it, even when it is given back, until `unpin`; false for one that the pool has not
   * handed out.
   */
  pin(buffer: GPUBuffer): boolean {
    const pins = this.#pinned.get(buffer) ?? 0;
    if (pins === 0 && !this.#live.has(buffer)) return false;
    this.#pinned.set(buffer, pins + 1);
    return true;
  }

  /** Ends one `pin`. */
  unpin(buffer: GPUBuffer): void {
    const pins = this.#pinned.get(buffer)! - 1;
    if (pins > 0) this.#pinned.set(buffer, pins);
    else {
      this.#pinned.delete(buffer);
      if (this.#resting.delete(buffer)) this.#wait(buffer);
    }
  }

  /** Whether a pinned buffer was given back. */
  isResting(buffer: GPUBuffer): boolean {
    return this.#resting.has(buffer);
  }

  #wait(buffer: GPUBuffer): void {
    const waiting = this.#waiting.get(buffer.size);
    const entry = { buffer, usedIn: this.#submission() };
    if (waiting) waiting.push(entry);
    else this.#waiting.set(buffer.size, [entry]);
  }

  /** Counts of the memory now. */
  statistics(): PoolStatistics {
    return { liveSlices: this.#live.size, liveBytes: this.#liveBytes, reservedBytes: this.#reservedBytes };
  }

  /** Bytes of the slices that are handed out, by what they are for. */
  liveBytesByLabel(): Map<string, number> {
    const bytes = new Map<string, number>();
    for (const [{ size }, label] of this.#live) bytes.set(label, (bytes.get(label) ?? 0) + size);
    return bytes;
  }

  /** Most bytes that were handed out at once since the last call, or since the pool was made. */
  takePeak(): number {
    const peak = this.#peakBytes;
    this.#peakBytes = this.#liveBytes;
    return peak;
  }

  /** Labels of the slices that are handed out, for the leak test's message. */
  liveLabels(): string[] {
    return [...this.#live.values()];
  }

  /** Destroys the buffers nobody uses. Recorded work must have been submitted. */
  trim(): void {
    for (const entries of this.#waiting.values()) {
      for (const { buffer } of entries) this.#destroy(buffer);
    }
    this.#waiting.clear();
  }

  /** Destroys every buffer, those handed out too. */
  destroy(): void {
    this.trim();
    for (const buffer of [...this.#live.keys(), ...this.#resting]) this.#destroy(buffer);
    this.#live.clear();
    this.#resting.clear();
    this.#liveBytes = 0;
    this.#destroyed = true;
  }

  #create(size: number): GPUBuffer {
    this.#reservedBytes += size;
    return this.#device.createBuffer({ label: `pool ${size}`, size, usage: usage() });
  }

  #destroy(buffer: GPUBuffer): void {
    this.#reservedBytes -= buffer.size;
    buffer.destroy();
  }
}
