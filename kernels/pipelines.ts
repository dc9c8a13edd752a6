import { DeviceError } from "./errors.ts";
import type { BufferSlice, Kernel } from "./launcher.ts";

/** Bytes of the uniform block that each dispatch may use. */
export const uniformBlockBytes = 128;

/** Bind groups kept before all are forgotten; a training step uses some hundred. */
const maxBindGroups = 8192;

/** The fewest bytes that are bound: what a shader needs at least that takes four elements at a time. */
const leastBindingBytes = 16;

/** A compiled kernel. */
export interface Compiled {
  /** What is set before a dispatch. */
  readonly pipeline: GPUComputePipeline;
  /** Layout of its storage bindings. */
  readonly layout: GPUBindGroupLayout;
  /** Fields of its uniform block, in order. */
  readonly fields: readonly (readonly [name: string, type: "u32" | "i32" | "f32"])[];
  /** Names of its storage bindings, in order. */
  readonly names: readonly string[];
  /** Number of the kernel in the cache. */
  readonly id: number;
}

/** Compiled pipelines and bind groups of one device, made when first needed and kept. */
export class PipelineCache {
  /** Layout of the uniform block that all kernels share. */
  readonly uniformLayout: GPUBindGroupLayout;
  readonly #device: GPUDevice;
  readonly #compiled = new Map<Kernel, Compiled>();
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #bufferIds = new WeakMap<GPUBuffer, number>();
  #nextBufferId = 0;

  /**
   * Makes an empty cache.
   *
   * @param onCompile called before a pipeline is compiled, with its label; large kernels take seconds on a software GPU
   */
  constructor(device: GPUDevice, readonly onCompile: (label: string) => void = () => {}) {
    this.#device = device;
    this.uniformLayout = device.createBindGroupLayout({
      label: "uniforms",
      entries: [{
        binding: 0,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: "uniform", hasDynamicOffset: true, minBindingSize: uniformBlockBytes },
      }],
    });
  }

  /** The pipeline of a kernel, compiled on first use. */
  compiled(kernel: Kernel): Compiled {
    return this.#compiled.get(kernel) ?? this.#compile(kernel);
  }

  #compile(kernel: Kernel): Compiled {
    this.onCompile(kernel.label);
    const names = Object.keys(kernel.bindings);
    const fields = Object.entries(kernel.uniforms);
    if (fields.length * 4 > uniformBlockBytes) {
      throw new DeviceError(`${kernel.label}: ${fields.length} uniforms, but a block holds ${uniformBlockBytes / 4}.`);
    }
    const layout = this.#device.createBindGroupLayout({
      label: kernel.label,
      entries: names.map((name, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: kernel.bindings[name] === "read" ? "read-only-storage" : "storage" },
      })),
    });
    const pipeline = this.#device.createComputePipeline({
      label: kernel.label,
      layout: this.#device.createPipelineLayout({
        label: kernel.label,
        bindGroupLayouts: fields.length > 0 ? [layout, this.uniformLayout] : [layout],
      }),
      compute: {
        module: this.#device.createShaderModule({ label: kernel.label, code: kernel.code }),
        entryPoint: "main",
        ...(kernel.constants ? { constants: { ...kernel.constants } } : {}),
      },
    });
    const compiled = { pipeline, layout, fields, names, id: this.#compiled.size };
    this.#compiled.set(kernel, compiled);
    return compiled;
  }

  /** The bind group of a kernel's storage bindings, made once for each set of slices. */
  bindGroup(kernel: Kernel, compiled: Compiled, bindings: Readonly<Record<string, BufferSlice>>): GPUBindGroup {
    let key = `${compiled.id}`;
    for (const name of compiled.names) {
      const slice = bindings[name]!;
      key += `,${this.#bufferId(slice.buffer)}:${slice.offset}:${slice.size}`;
    }
    const known = this.#bindGroups.get(key);
    if (known) return known;
    if (this.#bindGroups.size >= maxBindGroups) this.forgetBindGroups();
    const group = this.#device.createBindGroup({
      label: kernel.label,
      layout: compiled.layout,
      entries: compiled.names.map((name, binding) => {
        return { binding, resource: bindable(bindings[name]!) };
      }),
    });
    this.#bindGroups.set(key, group);
    return group;
  }

  /** Drops all bind groups, so that destroyed buffers are not held on to. */
  forgetBindGroups(): void {
    this.#bindGroups.clear();
  }

  #bufferId(buffer: GPUBuffer): number {
    let id = this.#bufferIds.get(buffer);
    if (id === undefined) this.#bufferIds.set(buffer, id = this.#nextBufferId++);
    return id;
  }
}

/** A slice as it is bound; an empty one, in which a kernel has no element to read, as some memory of its buffer. */
function bindable({ buffer, offset, size }: BufferSlice): GPUBufferBinding {
  const start = size > 0 ? offset : 0;
  return { buffer, offset: start, size: Math.max(size, Math.min(leastBindingBytes, buffer.size - start)) };
}
