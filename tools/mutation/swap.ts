import { damage, type Mutant } from "./mutants.ts";

/** A shader's source: a file of the project, or what a generator wrote. */
export interface Source {
  /** Path from the project's root; for generated code the label of the shader behind its family. */
  readonly path: string;
  /** Its text as shaders contain it. */
  readonly text: string;
  /** The damages to try. */
  readonly mutants: readonly Mutant[];
}

type PipelineDescriptor = GPUComputePipelineDescriptor;

interface Known {
  readonly device: GPUDevice;
  readonly descriptor: PipelineDescriptor;
  readonly code: string;
}

/**
 * Stands between the kernels and the GPU: notes which shaders run, and puts damaged ones in their place. Nothing on disk
 * changes, and undamaged pipelines stay compiled.
 */
export class ShaderSwap {
  /** Code of the shaders that ran since this was last cleared, and the label of each. */
  readonly ran = new Map<string, string>();
  readonly #create = GPUDevice.prototype.createComputePipeline;
  #damage: { source: Source; mutant: Mutant; made: Map<GPUComputePipeline, GPUComputePipeline> } | undefined;

  /** Takes its place; there can be only one. */
  constructor() {
    const codes = new WeakMap<GPUShaderModule, string>(), pipelines = new WeakMap<GPUComputePipeline, Known>();
    const module = GPUDevice.prototype.createShaderModule, create = this.#create;
    const set = GPUComputePassEncoder.prototype.setPipeline;
    const exchange = (pipeline: GPUComputePipeline) => this.#exchange(pipeline, pipelines.get(pipeline)!);
    GPUDevice.prototype.createShaderModule = function (descriptor) {
      const made = module.call(this, descriptor);
      codes.set(made, descriptor.code);
      return made;
    };
    GPUDevice.prototype.createComputePipeline = function (descriptor) {
      const made = create.call(this, descriptor);
      pipelines.set(made, { device: this, descriptor, code: codes.get(descriptor.compute.module)! });
      return made;
    };
    GPUComputePassEncoder.prototype.setPipeline = function (pipeline) {
      set.call(this, exchange(pipeline));
    };
  }

  /** From now on every shader that contains the source contains the damaged one. */
  damage(source: Source, mutant: Mutant): void {
    this.#damage = { source, mutant, made: new Map() };
  }

  /** Ends the damage. */
  restore(): void {
    this.#damage = undefined;
  }

  #exchange(pipeline: GPUComputePipeline, { device, descriptor, code }: Known): GPUComputePipeline {
    this.ran.set(code, descriptor.label ?? "");
    if (!this.#damage || !code.includes(this.#damage.source.text)) return pipeline;
    const { source, mutant, made } = this.#damage;
    let damaged = made.get(pipeline);
    if (!damaged) {
      const whole = code.split(source.text).join(damage(source.text, mutant));
      const module = device.createShaderModule({ label: descriptor.label!, code: whole });
      damaged = this.#create.call(device, { ...descriptor, compute: { ...descriptor.compute, module } });
      made.set(pipeline, damaged);
    }
    return damaged;
  }
}
