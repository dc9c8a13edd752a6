import type { ErrorTrap } from "../engine/device/errors.ts";
import { openDevice } from "../engine/device/open.ts";
import type { Capabilities } from "../kernels/launcher.ts";

/** A device for the tests of one file, what launches may know of it, and what went wrong on it. */
export async function testDevice(): Promise<{ device: GPUDevice; capabilities: Capabilities; errors: ErrorTrap }> {
  const { device, adapter, features, subgroupSize, errors } = await openDevice();
  addEventListener("unload", () => device.destroy());
  return {
    device,
    errors,
    capabilities: {
      subgroupSize,
      software: adapter.software,
      shaderF16: features.has("shader-f16"),
      maxBindingSize: device.limits.maxStorageBufferBindingSize,
    },
  };
}
