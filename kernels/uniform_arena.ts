import type { UniformValue } from "./launcher.ts";
import { type Compiled, uniformBlockBytes } from "./pipelines.ts";

/** Uniform blocks that one submission holds. */
const uniformBlocks = 4096;

/** The uniform blocks of the dispatches of one submission: written by the host one by one, and sent at once. */
export class UniformArena {
  /** Bytes from one block to the next. */
  readonly stride: number;
  /** What is bound, at the offset of a block. */
  readonly group: GPUBindGroup;
  readonly #device: GPUDevice;
  readonly #buffer: GPUBuffer;
  readonly #bytes: ArrayBuffer;
  readonly #view: DataView<ArrayBuffer>;
  readonly #offset = new Uint32Array(1);
  #used = 0;

  /** Makes an empty arena. @param layout that of the uniform block */
  constructor(device: GPUDevice, layout: GPUBindGroupLayout) {
    this.#device = device;
    this.stride = Math.max(uniformBlockBytes, device.limits.minUniformBufferOffsetAlignment);
    const size = this.stride * uniformBlocks;
    this.#buffer = device.createBuffer({
      label: "uniform arena",
      size,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.group = device.createBindGroup({
      label: "uniform arena",
      layout,
      entries: [{ binding: 0, resource: { buffer: this.#buffer, offset: 0, size: uniformBlockBytes } }],
    });
    this.#bytes = new ArrayBuffer(size);
    this.#view = new DataView(this.#bytes);
  }

  /** True when what is here has to be sent before there is room for another block. */
  get full(): boolean {
    return this.#used === uniformBlocks;
  }

  /** Writes a block. Its offset, in an array of one that the next call writes anew. */
  add(fields: Compiled["fields"], uniforms: Readonly<Record<string, UniformValue>>): Uint32Array {
    this.#offset[0] = this.#used++ * this.stride;
    writeUniforms(this.#view, this.#offset[0], fields, uniforms);
    return this.#offset;
  }

  /** Sends all blocks, ahead of the submission that they are for, and begins anew. */
  send(): void {
    if (this.#used > 0) this.#device.queue.writeBuffer(this.#buffer, 0, this.#bytes, 0, this.#used * this.stride);
    this.#used = 0;
  }

  /** Frees its memory. */
  destroy(): void {
    this.#buffer.destroy();
  }
}

/** Writes the fields of a uniform block. */
export function writeUniforms(
  view: DataView<ArrayBuffer>,
  at: number,
  fields: Compiled["fields"],
  uniforms: Readonly<Record<string, UniformValue>>,
): void {
  for (const [name, type] of fields) {
    const given = uniforms[name]!, value = typeof given === "number" ? given : given.value;
    if (type === "f32") view.setFloat32(at, value, true);
    else view.setUint32(at, value, true);
    at += 4;
  }
}
