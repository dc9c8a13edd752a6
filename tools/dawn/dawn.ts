import { create, globals } from "webgpu";
import { canUseSwiftShader, loadSwiftShader } from "../../engine/device/swiftshader.ts";

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
  enableWhatShadersUse();
  return adapter.info.description;
}

/** WGSL asks for a line that names subgroups; naga, the runtime's compiler, knows no such line and takes them without. */
function enableWhatShadersUse(): void {
  const create = GPUDevice.prototype.createShaderModule;
  GPUDevice.prototype.createShaderModule = function (descriptor) {
    const enable = /\bsubgroup\w+\(|\bsubgroup_\w+\)/.test(descriptor.code) ? "enable subgroups;\n" : "";
    return create.call(this, { ...descriptor, code: enable + descriptor.code });
  };
}
