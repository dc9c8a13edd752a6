/**
 * A training engine that runs on the native GPU through hand-written WGSL kernels, and scorers of prompt-response pairs
 * trained with it.
 *
 * @example Train a small network and print its loss
 * ```ts
 * import { Adam, backward, Engine, Linear, Module, mseLoss, Philox, type Tensor } from "metrograd";
 *
 * await using engine = await Engine.open();
 * const random = new Philox(1);
 *
 * class Network extends Module {
 *   readonly hidden = new Linear({ engine, random }, 2, 16);
 *   readonly out = new Linear({ engine, random }, 16, 1);
 *   forward = (x: Tensor) => this.out.forward(this.hidden.forward(x, { relu: true }));
 * }
 *
 * const network = new Network();
 * const optimizer = new Adam(network.parameters(), { lr: 0.02 });
 * const x = engine.tensor([4, 2], [0, 0, 0, 1, 1, 0, 1, 1]);
 * const target = engine.tensor([4], [0, 1, 1, 0]);
 * for (let step = 1; step <= 200; step++) {
 *   const loss = await engine.step(() => {
 *     const loss = mseLoss({ prediction: network.forward(x), target });
 *     optimizer.zeroGrad();
 *     backward(loss);
 *     optimizer.step();
 *     return loss;
 *   });
 *   if (step % 50 === 0) console.log(step, await loss.item());
 *   loss.dispose();
 * }
 * ```
 *
 * @module
 */
export { DataError, DeviceError, DeviceLostError, MetrogradError, ShapeError, UsageError } from "./kernels/errors.ts";
export { Philox } from "./kernels/philox.ts";

/** The kernels' launch functions, for use on buffers of any `GPUDevice`. */
export * as kernels from "./kernels/mod.ts";
export type {
  Access,
  Activation,
  BufferPool,
  BufferSlice,
  Capabilities,
  CommandStream,
  Compiled,
  Draw,
  Kernel,
  Launcher,
  LossReduction,
  LossScaleSettings,
  MatmulShape,
  MatmulVariant,
  MiningKind,
  PipelineCache,
  PoolStatistics,
  RegisterTileVariant,
  ScoreBounds,
  ScratchAllocator,
  Stored,
  UniformType,
  Workgroups,
} from "./kernels/mod.ts";
export * from "./engine/mod.ts";
export * from "./data/mod.ts";
export * from "./runs/mod.ts";
