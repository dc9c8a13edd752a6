import type { CommandStream } from "../kernels/command_stream.ts";
import type { BufferSlice } from "../kernels/launcher.ts";

/** Copies GPU memory to the host through staging buffers that are kept for the next time. */
export class Readback {
  readonly #device: GPUDevice;
  readonly #stream: CommandStream;
  readonly #staging: GPUBuffer[] = [];

  constructor(device: GPUDevice, stream: CommandStream) {
    this.#device = device;
    this.#stream = stream;
  }

  /** Reads several slices with one wait, after all recorded work. */
  async read(slices: readonly BufferSlice[]): Promise<ArrayBuffer[]> {
    const bytes = slices.map((slice) => Math.ceil(slice.size / 4) * 4);
    const total = bytes.reduce((sum, size) => sum + size, 0);
    const staging = this.#take(total);
    let at = 0;
    slices.forEach((slice, i) => {
      this.#stream.copy(slice, { buffer: staging, offset: at, size: bytes[i]! }, bytes[i]!);
      at += bytes[i]!;
    });
    this.#stream.submit();
    await staging.mapAsync(GPUMapMode.READ, 0, total);
    const mapped = staging.getMappedRange(0, total);
    at = 0;
    const results = bytes.map((size) => mapped.slice(at, at += size));
    staging.unmap();
    this.#staging.push(staging);
    return results;
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
