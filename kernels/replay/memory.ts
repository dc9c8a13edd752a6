import type { BufferPool } from "../buffer_pool.ts";
import type { BufferSlice } from "../launcher.ts";

/**
 * Memory for what replays compute on the way. All replays of a stream share it, since none runs while another does: it is as
 * large as the largest of them needs. It is taken with the first replay and given back with the last.
 */
export class ReplayMemory {
  /** Changes when buffers are replaced by larger ones, so that what was bound before has to be bound anew. */
  version = 0;
  readonly #pool: BufferPool;
  #slices: BufferSlice[] = [];
  #users = 0;

  /** Takes no memory yet. @param pool where it takes it from */
  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** Takes what a replay needs. Recorded work must have been submitted. @param bytes of its buffers, the largest first */
  reserve(bytes: readonly number[]): void {
    this.#users++;
    for (const [i, size] of bytes.entries()) {
      const known = this.#slices[i];
      if (known && known.size >= size) continue;
      if (known) {
        this.#pool.free(known);
        this.version++;
      }
      this.#slices[i] = this.#pool.allocate(size, { label: "memory of captured steps" });
    }
  }

  /** The buffer of a number, in the order of `reserve`. */
  buffer(number: number): GPUBuffer {
    return this.#slices[number]!.buffer;
  }

  /** Ends one `reserve`. */
  release(): void {
    if (--this.#users > 0) return;
    for (const slice of this.#slices) this.#pool.free(slice);
    this.#slices = [];
    this.version++;
  }
}
