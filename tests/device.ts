import type { Capabilities } from "../kernels/launcher.ts";

if (!Deno.env.get("XDG_RUNTIME_DIR")) Deno.env.set("XDG_RUNTIME_DIR", Deno.env.get("TMPDIR") ?? "/tmp");

const softwareAdapter = /llvmpipe|lavapipe|swiftshader|software|basic render/i;

/** A device for the tests of one file, with what the adapter can give, and what launches may know of it. */
export async function testDevice(): Promise<{ device: GPUDevice; capabilities: Capabilities }> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("there is no WebGPU adapter to test on");
  const features = adapter.features.has("shader-f16") ? ["shader-f16" as GPUFeatureName] : [];
  const device = await requestDevice(adapter, [...features, "subgroups" as GPUFeatureName])
    .catch(() => requestDevice(adapter, features));
  addEventListener("unload", () => device.destroy());
  const info = adapter.info as GPUAdapterInfo & { subgroupMinSize?: number };
  return {
    device,
    capabilities: {
      subgroupSize: device.features.has("subgroups" as GPUFeatureName) ? info.subgroupMinSize ?? 0 : 0,
      software: softwareAdapter.test(info.description),
      shaderF16: device.features.has("shader-f16" as GPUFeatureName),
      maxBindingSize: device.limits.maxStorageBufferBindingSize,
    },
  };
}

function requestDevice(adapter: GPUAdapter, requiredFeatures: GPUFeatureName[]): Promise<GPUDevice> {
  const requiredLimits: Record<string, number> = {};
  for (const name in adapter.limits) {
    const value = adapter.limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") requiredLimits[name] = value;
  }
  return adapter.requestDevice({ label: "tests", requiredFeatures, requiredLimits });
}
