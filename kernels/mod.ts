/** Hand-written WGSL kernels and their launches, for use on any `GPUDevice`. */
export { BufferPool, type PoolStatistics } from "./buffer_pool.ts";
export { CommandStream, type ScratchAllocator } from "./command_stream.ts";
export { createLauncher, type DeviceLauncher } from "./device_launcher.ts";
export {
  type Access,
  type BufferSlice,
  type Capabilities,
  defineKernel,
  type Kernel,
  type Launcher,
  type UniformType,
  type Workgroups,
} from "./launcher.ts";
export { type Compiled, PipelineCache } from "./pipelines.ts";
export { type MatmulOptions } from "./matmul/matmul.ts";
export type { MatmulShape, MatmulVariant } from "./matmul/variants.ts";
export type { Draw } from "./random/draw.ts";
export type { LossReduction } from "./loss/reduction.ts";
