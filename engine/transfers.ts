import { floatsOfHalves } from "./files/half_floats.ts";
import type { CommandStream } from "../kernels/command_stream.ts";
import { Readback, type ReadbackPart } from "./readback.ts";
import { bytesOf, type Storage } from "./tensors/storage.ts";
import type { Tensor } from "./tensors/tensor.ts";

/** Moves the elements of tensors between the host and the GPU, whatever number of buffers they lie in. */
export class Transfers {
  readonly #device: GPUDevice;
  readonly #stream: CommandStream;
  readonly #readback: Readback;

  constructor(device: GPUDevice, stream: CommandStream) {
    this.#device = device;
    this.#stream = stream;
    this.#readback = new Readback(device, stream);
  }

  /** Replaces the elements of a memory, ahead of all work that is not submitted yet. */
  write(storage: Storage, data: Float32Array | Uint32Array): void {
    let from = 0;
    for (const { buffer, offset, size } of storage.slices) {
      const count = Math.min(size / 4, data.length - from);
      if (count === 0) continue;
      this.#stream.written({ buffer, offset, size });
      this.#device.queue.writeBuffer(buffer, offset, data as Float32Array<ArrayBuffer>, from, count);
      from += count;
    }
  }

  /** Replaces a tensor's elements buffer by buffer, after all recorded work; `wait` comes after each of several. */
  async writeInPieces(
    { slices, size }: Tensor,
    read: (from: number, count: number) => Promise<Float32Array<ArrayBuffer>>,
    wait: () => Promise<void>,
  ): Promise<void> {
    let from = 0;
    for (const slice of slices) {
      const values = await read(from, Math.min(slice.size / 4, size));
      from += values.length;
      this.#stream.submit();
      if (values.length === 0) continue;
      this.#stream.written(slice);
      this.#device.queue.writeBuffer(slice.buffer, slice.offset, values);
      // Waiting frees the copy that WebGPU has made of the bytes.
      if (slices.length > 1) await wait();
    }
  }

  /** Reads tensors with one wait. Indices come as whole numbers, halves as the floats of the same value. */
  async read(tensors: readonly Tensor[]): Promise<(Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>)[]> {
    const buffers = tensors.map((tensor) => new ArrayBuffer(bytesOf(tensor.size, tensor.type)));
    await this.#readback.read(tensors.flatMap((tensor, i) => partsOf(tensor, buffers[i]!)));
    return buffers.map((buffer, i) => {
      const { type, size } = tensors[i]!;
      if (type === "f16") return floatsOfHalves(new Uint16Array(buffer, 0, size));
      return type === "u32" ? new Uint32Array(buffer) : new Float32Array(buffer);
    });
  }

  /** Reads the bytes of an f32 tensor buffer by buffer. */
  async *readInPieces({ slices, size }: Tensor): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (const slice of slices) {
      const into = new Uint8Array(Math.min(slice.size, size * 4));
      await this.#readback.read([{ slice, into }]);
      yield into;
    }
  }

  /** Frees the staging buffers. */
  destroy(): void {
    this.#readback.destroy();
  }
}

/** Where each slice of a tensor stands in a copy of its bytes. */
function partsOf(tensor: Tensor, into: ArrayBuffer): ReadbackPart[] {
  let at = 0;
  return tensor.slices.map((slice) => {
    const size = Math.min(slice.size, into.byteLength - at);
    const part = { slice, into: new Uint8Array(into, at, size) };
    at += size;
    return part;
  });
}
