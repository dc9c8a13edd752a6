import type { ErrorTrap } from "../engine/device/errors.ts";
import { capabilitiesOf, openDevice } from "../engine/device/open.ts";
import type { Capabilities } from "../kernels/launcher.ts";

/** A device for the tests of one file, what launches may know of it, and what went wrong on it. */
export async function testDevice(): Promise<{ device: GPUDevice; capabilities: Capabilities; errors: ErrorTrap }> {
  const opened = await openDevice();
  const { device, errors } = opened;
  addEventListener("unload", () => device.destroy());
  return { device, errors, capabilities: capabilitiesOf(opened) };
}
