import { fillNormal, fillUniform } from "../../kernels/random/fill_random.ts";
import type { Shape } from "../tensors/storage.ts";
import type { Tensor, TensorEngine } from "../tensors/tensor.ts";
import { expectSettings } from "../../kernels/settings.ts";

/** Numbers uniform on [low, high), drawn from the engine's random source; on [0, 1) by default. */
export function randomUniform(
  engine: TensorEngine,
  shape: Shape,
  { low = 0, high = 1 }: { readonly low?: number; readonly high?: number } = {},
): Tensor {
  expectSettings("random_uniform", { low, high });
  const y = engine.empty(shape);
  fillUniform(engine.stream, { y: y.slice, count: y.size, draw: engine.random.next(), low, high });
  return y;
}

/** Normal numbers, drawn from the engine's random source; standard normal by default. */
export function randomNormal(
  engine: TensorEngine,
  shape: Shape,
  { mean = 0, deviation = 1 }: { readonly mean?: number; readonly deviation?: number } = {},
): Tensor {
  expectSettings("random_normal", { mean, deviation }, { deviation: { from: 0 } });
  const y = engine.empty(shape);
  fillNormal(engine.stream, { y: y.slice, count: y.size, draw: engine.random.next(), mean, deviation });
  return y;
}
