import { withEnables } from "./enables.ts";
import { DeviceError, ShapeError } from "./errors.ts";
import { boundBytes, type BufferSlice, type Kernel } from "./launcher.ts";
import type { TextureCopy } from "./texture_reads/pool.ts";
import type { TextureBinding, TexturedSource, texturedSource } from "./texture_reads/source.ts";

/** Bytes of the uniform block that each dispatch may use. */
export const uniformBlockBytes = 128;

/** Bind groups kept before all are forgotten; a training step uses some hundred. */
const maxBindGroups = 8192;

/** The fewest bytes that are bound: what a shader needs at least that takes four elements at a time. */
const leastBindingBytes = 16;

/** Told the label of a kernel before it is compiled; may return what is to be called once it is. */
export type OnCompile = (label: string) => (() => void) | undefined | void;

/** A compiled kernel. */
export interface Compiled {
  /** What is set before a dispatch. */
  readonly pipeline: GPUComputePipeline;
  /** Layout of its storage bindings. */
  readonly layout: GPUBindGroupLayout;
  /** Fields of its uniform block, in order. */
  readonly fields: readonly (readonly [name: string, type: "u32" | "i32" | "f32"])[];
  /** Names of its storage bindings, by their numbers. */
  readonly buffers: readonly (readonly [binding: number, name: string])[];
  /** Bindings that it reads from textures. */
  readonly textures: readonly TextureBinding[];
  /** Number of the kernel in the cache. */
  readonly id: number;
}

/** What is made of one kernel, each when first needed. */
interface Forms {
  plain?: Compiled;
  textured?: Compiled;
  /** Null where it has no reads that a texture could answer. */
  source?: TexturedSource | null;
}

/** What is compiled on a device, for all that launches kernels there. */
interface DeviceKernels {
  readonly uniformLayout: GPUBindGroupLayout;
  readonly forms: WeakMap<Kernel, Forms>;
  /** How many pipelines there are; each has a number. */
  pipelines: number;
}

const kernelsOf = new WeakMap<GPUDevice, DeviceKernels>();

/**
 * Compiled pipelines and bind groups, made when first needed and kept. All caches of a device share the pipelines. Bind groups
 * are each cache's own, since they hold on to its buffers.
 */
export class PipelineCache {
  /** Layout of the uniform block that all kernels share. */
  readonly uniformLayout: GPUBindGroupLayout;
  readonly #device: GPUDevice;
  readonly #kernels: DeviceKernels;
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #bufferIds = new WeakMap<GPUBuffer, number>();
  #nextBufferId = 0;

  readonly #texturedSource: typeof texturedSource | undefined;

  /**
   * Makes an empty cache.
   *
   * @param textured turns reads of buffers into reads of textures, where that is wanted
   * @param onCompile called before a pipeline is compiled, with its label; large kernels take seconds on a software GPU.
   *   What it returns is called once that is done
   * @param enableSubgroups whether the device's WGSL has to name subgroups in an enable line
   */
  constructor(
    device: GPUDevice,
    textured: typeof texturedSource | undefined,
    readonly onCompile: OnCompile = () => {},
    readonly enableSubgroups = false,
  ) {
    this.#device = device;
    this.#texturedSource = textured;
    let kernels = kernelsOf.get(device);
    if (!kernels) {
      const uniformLayout = device.createBindGroupLayout({
        label: "uniforms",
        entries: [{
          binding: 0,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: "uniform", hasDynamicOffset: true, minBindingSize: uniformBlockBytes },
        }],
      });
      kernelsOf.set(device, kernels = { uniformLayout, forms: new WeakMap(), pipelines: 0 });
    }
    this.#kernels = kernels;
    this.uniformLayout = kernels.uniformLayout;
  }

  /** The pipeline of a kernel, compiled on first use. */
  compiled(kernel: Kernel): Compiled {
    return this.#formsOf(kernel).plain ??= this.#compile(kernel, kernel.code, []);
  }

  /** The pipeline of a kernel that reads from textures, compiled on first use. */
  textured(kernel: Kernel): Compiled {
    const forms = this.#formsOf(kernel);
    if (!forms.textured) {
      const { code, textures } = this.texturedSource(kernel)!;
      forms.textured = this.#compile(kernel, code, textures);
    }
    return forms.textured;
  }

  /** A kernel's shader with reads from textures, or null where it has none that could be. */
  texturedSource(kernel: Kernel): TexturedSource | null {
    // Not noted for the device, whose other caches may read from textures.
    if (!this.#texturedSource) return null;
    const forms = this.#formsOf(kernel);
    if (forms.source === undefined) {
      const source = this.#texturedSource(kernel), most = this.#device.limits.maxStorageTexturesPerShaderStage;
      forms.source = source && source.textures.length <= most ? source : null;
    }
    return forms.source;
  }

  #formsOf(kernel: Kernel): Forms {
    const all = this.#kernels.forms;
    let forms = all.get(kernel);
    if (!forms) all.set(kernel, forms = {});
    return forms;
  }

  #compile(kernel: Kernel, code: string, textures: readonly TextureBinding[]): Compiled {
    const done = this.onCompile(kernel.label);
    const fields = Object.entries(kernel.uniforms);
    if (fields.length * 4 > uniformBlockBytes) {
      throw new DeviceError(`${kernel.label}: ${fields.length} uniforms, but a block holds ${uniformBlockBytes / 4}.`);
    }
    const replaced = new Set(textures.map(({ binding }) => binding));
    const buffers = Object.keys(kernel.bindings)
      .map((name, binding) => [binding, name] as const)
      .filter(([binding]) => !replaced.has(binding));
    const visibility = GPUShaderStage.COMPUTE;
    const layout = this.#device.createBindGroupLayout({
      label: kernel.label,
      entries: [
        ...buffers.map(([binding, name]): GPUBindGroupLayoutEntry => ({
          ...{ binding, visibility },
          buffer: { type: kernel.bindings[name] === "read" ? "read-only-storage" : "storage" },
        })),
        ...textures.map(({ binding, format }): GPUBindGroupLayoutEntry => ({
          ...{ binding, visibility },
          storageTexture: { access: "read-only", format },
        })),
      ],
    });
    const pipeline = this.#device.createComputePipeline({
      label: kernel.label,
      layout: this.#device.createPipelineLayout({
        label: kernel.label,
        bindGroupLayouts: fields.length > 0 ? [layout, this.uniformLayout] : [layout],
      }),
      compute: {
        module: this.#device.createShaderModule({
          label: kernel.label,
          code: withEnables(code, this.enableSubgroups),
        }),
        entryPoint: "main",
        ...(kernel.constants ? { constants: { ...kernel.constants } } : {}),
      },
    });
    done?.();
    return { pipeline, layout, fields, buffers, textures, id: this.#kernels.pipelines++ };
  }

  /**
   * The bind group of a kernel's storage bindings, made once for each set of slices.
   *
   * @param copies of the bindings that the kernel reads from textures, in their order
   */
  bindGroup(
    kernel: Kernel,
    compiled: Compiled,
    bindings: Readonly<Record<string, BufferSlice>>,
    copies: readonly TextureCopy[] = [],
  ): GPUBindGroup {
    let key = `${compiled.id}`;
    for (const [, name] of compiled.buffers) {
      const slice = bindings[name]!;
      key += `,${this.#bufferId(slice.buffer)}:${slice.offset}:${slice.size}`;
    }
    for (const { id } of copies) key += `,${id}`;
    const known = this.#bindGroups.get(key);
    if (known) return known;
    expectBindings(kernel, bindings, this.#device.limits.maxStorageBufferBindingSize);
    if (this.#bindGroups.size >= maxBindGroups) this.forgetBindGroups();
    const group = this.#device.createBindGroup({
      label: kernel.label,
      layout: compiled.layout,
      entries: [
        ...compiled.buffers.map(([binding, name]) => ({ binding, resource: bindable(bindings[name]!) })),
        ...compiled.textures.map(({ binding }, i) => ({ binding, resource: copies[i]!.view })),
      ],
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

/** Fails where a binding is larger than the device allows. @throws ShapeError naming kernel and binding */
function expectBindings(kernel: Kernel, bindings: Readonly<Record<string, BufferSlice>>, most: number): void {
  for (const name in kernel.bindings) {
    const { size } = bindings[name]!;
    if (size > most) throw new ShapeError(`${kernel.label}: ${name} ${boundBytes(size, most)}.`);
  }
}

/** A slice as it is bound; an empty one, in which a kernel has no element to read, as some memory of its buffer. */
export function bindable({ buffer, offset, size }: BufferSlice): GPUBufferBinding {
  const start = size > 0 ? offset : 0;
  return { buffer, offset: start, size: Math.max(size, Math.min(leastBindingBytes, buffer.size - start)) };
}
