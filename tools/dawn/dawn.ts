import { create, globals } from "webgpu";
import { canUseSwiftShader, loadSwiftShader } from "../../engine/platform/swiftshader.ts";

/**
 * Replaces the runtime's WebGPU by Dawn, on a GPU where Dawn knows one and else on SwiftShader.
 *
 * @returns what the adapter calls itself, or null where there is none
 */
export async function putDawnInPlace(): Promise<string | null> {
  let gpu = create([]);
  let adapter = await gpu.requestAdapter();
  if (!adapter && canUseSwiftShader()) {
    await loadSwiftShader(console.error);
    gpu = create([]);
    adapter = await gpu.requestAdapter();
  }
  if (!adapter) return null;
  Object.assign(globalThis, globals);
  Object.defineProperty(navigator, "gpu", { value: gpu });
  return adapter.info.description;
}
