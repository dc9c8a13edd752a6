import type { BufferSlice, Kernel, UniformValue } from "./launcher.ts";

/** A dispatch, or copies between dispatches, as the GPU carried it out. */
export interface TimedDispatch {
  /** The kernel's label. */
  readonly label: string;
  /** When it began, by the GPU's clock, in nanoseconds. */
  readonly start: number;
  /** Nanoseconds until it was done. */
  readonly duration: number;
  /** Bytes of its bindings, those that are updated twice. */
  readonly bytes: number;
  /** Floating-point operations, where the kernel knows them. */
  readonly flops: number;
  /** When the host sent it, in milliseconds of `performance.now()`. */
  readonly sent: number;
}

/** A dispatch whose timestamp is still on the GPU. */
type Pending = Pick<TimedDispatch, "label" | "bytes" | "flops">;

/** Submissions whose timestamps lie one after the other in a buffer. */
interface Batch {
  readonly buffer: GPUBuffer;
  bytes: number;
  readonly submissions: { readonly at: number; readonly sent: number; readonly dispatches: readonly Pending[] }[];
}

/** WebGPU's limit on the queries of a set. */
const queries = 4096;
/** Where `resolveQuerySet` may write. */
const alignment = 256;
const batchBytes = 1 << 20;
/** Dispatches that are kept; later ones run as ever, but nobody times them. */
const mostDispatches = 1 << 20;

/** What copies between dispatches are called. */
export const copyLabel = "copies";

/**
 * Times every dispatch of a command stream by the GPU's clock.
 *
 * Each runs in a pass of its own that ends with a timestamp, and lasts from the end of what came before it to its own: the
 * times of a submission add up to the whole of it. The beginning of a pass says nothing of the kind: a GPU notes it while
 * the work before is still running, and Mesa's lavapipe 22.3 when the pass's own work is done.
 */
export class DispatchTimer {
  /** Dispatches that nobody timed, since there were too many. */
  untimed = 0;
  readonly #device: GPUDevice;
  readonly #set: GPUQuerySet;
  readonly #batches: Batch[] = [];
  #pending: Pending[] = [];
  #kept = 0;

  /** Makes a timer for the streams of a device. @param device one with the feature `timestamp-query` */
  constructor(device: GPUDevice) {
    this.#device = device;
    this.#set = device.createQuerySet({ label: "dispatch timer", type: "timestamp", count: queries });
  }

  /** True when the recorded work has to be sent before more can be timed. */
  get full(): boolean {
    return this.#pending.length >= queries - 3;
  }

  /** Notes where the work of a new submission begins. */
  begin(encoder: GPUCommandEncoder): void {
    this.#mark(encoder, "");
  }

  /** Where the timestamp of a dispatch's pass goes. @param copied whether copies came before it */
  next(
    encoder: GPUCommandEncoder,
    kernel: Kernel,
    bindings: Readonly<Record<string, BufferSlice>>,
    uniforms: Readonly<Record<string, UniformValue>>,
    copied: boolean,
  ): GPUComputePassTimestampWrites | undefined {
    if (this.#kept >= mostDispatches) {
      this.untimed++;
      return undefined;
    }
    if (copied) this.#mark(encoder, copyLabel);
    this.#kept++;
    const flops = kernel.flops?.(numbersOf(uniforms), bindings) ?? 0;
    return this.#note({ label: kernel.label, bytes: bytesOf(kernel, bindings), flops });
  }

  /** Ends a submission. @param copied whether copies are the last of it */
  end(encoder: GPUCommandEncoder, copied: boolean): void {
    if (copied) this.#mark(encoder, copyLabel);
    const dispatches = this.#pending;
    this.#pending = [];
    if (dispatches.length < 2) return;
    const bytes = Math.ceil(dispatches.length * 8 / alignment) * alignment;
    let batch = this.#batches.at(-1);
    if (!batch || batch.bytes + bytes > batchBytes) {
      const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
      const buffer = this.#device.createBuffer({ label: "dispatch timer", size: batchBytes, usage });
      this.#batches.push(batch = { buffer, bytes: 0, submissions: [] });
    }
    encoder.resolveQuerySet(this.#set, 0, dispatches.length, batch.buffer, batch.bytes);
    batch.submissions.push({ at: batch.bytes, sent: performance.now(), dispatches });
    batch.bytes += bytes;
  }

  /** What was timed since the last call, once all sent work is done. */
  async read(): Promise<TimedDispatch[]> {
    const timed: TimedDispatch[] = [];
    for (const batch of this.#batches.splice(0)) {
      timed.push(...await this.#readBatch(batch));
      batch.buffer.destroy();
    }
    return timed;
  }

  /** Frees what it holds. */
  destroy(): void {
    for (const { buffer } of this.#batches.splice(0)) buffer.destroy();
    this.#set.destroy();
  }

  async #readBatch({ buffer, bytes, submissions }: Batch): Promise<TimedDispatch[]> {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = this.#device.createBuffer({ label: "dispatch timer", size: bytes, usage });
    const encoder = this.#device.createCommandEncoder({ label: "dispatch timer" });
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
    this.#device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return submissions.flatMap(({ at, sent, dispatches }) =>
      dispatches.slice(1).map((dispatch, i) => {
        const start = Number(stamps[at / 8 + i]!), end = Number(stamps[at / 8 + i + 1]!);
        return { ...dispatch, start, duration: Math.max(end - start, 0), sent };
      })
    );
  }

  #mark(encoder: GPUCommandEncoder, label: string): void {
    const timestampWrites = this.#note({ label, bytes: 0, flops: 0 });
    encoder.beginComputePass({ label: "dispatch timer", timestampWrites }).end();
  }

  #note(pending: Pending): GPUComputePassTimestampWrites {
    this.#pending.push(pending);
    return { querySet: this.#set, endOfPassWriteIndex: this.#pending.length - 1 };
  }
}

/** Bytes of a kernel's bindings; those that it updates count twice, and what is bound twice once. */
function bytesOf(kernel: Kernel, bindings: Readonly<Record<string, BufferSlice>>): number {
  const slices = Object.entries(bindings);
  return slices.reduce((sum, [name, { buffer, offset, size }], i) => {
    const known = slices.findIndex(([, other]) => other.buffer === buffer && other.offset === offset) < i;
    return sum + (known ? 0 : kernel.bindings[name] === "update" ? 2 * size : size);
  }, 0);
}

function numbersOf(uniforms: Readonly<Record<string, UniformValue>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(uniforms).map(([name, value]) => [name, typeof value === "number" ? value : value.value]),
  );
}
