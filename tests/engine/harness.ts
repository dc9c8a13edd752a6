import { Engine } from "../../engine/engine.ts";
import { Philox } from "../../kernels/philox.ts";

/** An engine for the tests of one file. */
export async function testEngine(): Promise<Engine> {
  const engine = await Engine.open();
  addEventListener("unload", () => engine.opened.device.destroy());
  return engine;
}

/** Numbers uniform on [-1, 1), from a seed. */
export function uniforms(count: number, seed: number): Float32Array<ArrayBuffer> {
  const random = new Philox(seed);
  return Float32Array.from({ length: count }, () => 2 * random.uniform() - 1);
}
