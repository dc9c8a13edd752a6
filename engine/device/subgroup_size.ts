import { withEnables } from "../../kernels/enables.ts";
import code from "./subgroup_size.wgsl" with { type: "text" };

/**
 * Whether shaders have to name subgroups in an enable line, as the standard has it; naga, the compiler of Deno, takes them
 * without and refuses the line.
 */
export async function enablesSubgroups(device: GPUDevice): Promise<boolean> {
  device.pushErrorScope("validation");
  device.createShaderModule({ label: "enable subgroups", code: "enable subgroups;" });
  return await device.popErrorScope() === null;
}

/** Invocations in a subgroup of compute shaders: what the adapter promises, or else what a shader finds. */
export async function findSubgroupSize(device: GPUDevice, info: GPUAdapterInfo): Promise<number> {
  const { subgroupMinSize, subgroupMaxSize } = info as GPUAdapterInfo & Record<string, number>;
  return subgroupMinSize && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : await measureSubgroupSize(device);
}

/** Invocations in a subgroup as a shader finds them. */
export async function measureSubgroupSize(device: GPUDevice): Promise<number> {
  const label = "subgroup_size";
  const module = device.createShaderModule({ label, code: withEnables(code, await enablesSubgroups(device)) });
  const pipeline = device.createComputePipeline({ label, layout: "auto", compute: { module } });
  const usage = GPUBufferUsage;
  const result = device.createBuffer({ label, size: 4, usage: usage.STORAGE | usage.COPY_SRC });
  const staging = device.createBuffer({ label, size: 4, usage: usage.MAP_READ | usage.COPY_DST });
  const layout = pipeline.getBindGroupLayout(0);
  const bindings = device.createBindGroup({ label, layout, entries: [{ binding: 0, resource: { buffer: result } }] });
  const encoder = device.createCommandEncoder({ label });
  const pass = encoder.beginComputePass({ label });
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindings);
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(result, 0, staging, 0, 4);
  device.queue.submit([encoder.finish()]);
  try {
    await staging.mapAsync(GPUMapMode.READ);
    return new Uint32Array(staging.getMappedRange())[0]!;
  } finally {
    result.destroy();
    staging.destroy();
  }
}
