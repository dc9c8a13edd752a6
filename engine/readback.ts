import type { CommandStream } from "../kernels/command_stream.ts";
import type { BufferSlice } from "../kernels/launcher.ts";

/** Bytes that are read at once, so that staging never takes much. */
const mostStaged = 256 << 20;

/** A slice and the host's memory for it; a multiple of 4 bytes. */
export interface ReadbackPart {
  readonly slice: BufferSlice;
  readonly into: Uint8Array<ArrayBuffer>;
}

/** Copies GPU memory to the host through staging buffers that are kept for the next time. */
export class Readback {
  readonly #device: GPUDevice;
  readonly #stream: CommandStream;
  readonly #staging: GPUBuffer[] = [];

  constructor(device: GPUDevice, stream: CommandStream) {
    this.#device = device;
    this.#stream = stream;
  }

  /** Reads several slices after all recorded work, with one wait for each 256 MiB. */
  async read(parts: readonly ReadbackPart[]): Promise<void> {
    let group: ReadbackPart[] = [], total = 0;
    for (const part of parts) {
      if (part.into.length === 0) continue;
      if (total > 0 && total + part.into.length > mostStaged) {
        await this.#readGroup(group, total);
        [group, total] = [[], 0];
      }
      group.push(part);
      total += part.into.length;
    }
    if (total > 0) return await this.#readGroup(group, total);
    this.#stream.submit();
    await this.#device.queue.onSubmittedWorkDone();
  }

  async #readGroup(parts: readonly ReadbackPart[], total: number): Promise<void> {
    const staging = this.#take(total);
    let at = 0;
    for (const { slice, into } of parts) {
      this.#stream.copy(slice, { buffer: staging, offset: at, size: into.length }, into.length);
      at += into.length;
    }
    this.#stream.submit();
    await staging.mapAsync(GPUMapMode.READ, 0, total);
    const mapped = staging.getMappedRange(0, total);
    at = 0;
    for (const { into } of parts) {
      into.set(new Uint8Array(mapped, at, into.length));
      at += into.length;
    }
    staging.unmap();
    this.#staging.push(staging);
  }

  destroy(): void {
    for (const staging of this.#staging.splice(0)) staging.destroy();
  }

  #take(bytes: number): GPUBuffer {
    const index = this.#staging.findIndex((buffer) => buffer.size >= bytes);
    if (index >= 0) return this.#staging.splice(index, 1)[0]!;
    // The largest is replaced, so that few staging buffers are ever kept.
    this.#staging.pop()?.destroy();
    return this.#device.createBuffer({
      label: "staging",
      size: Math.max(bytes, 4096),
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }
}
