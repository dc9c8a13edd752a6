// Opens a device, runs a shader on it, and prints what it is.
import { openDevice } from "../../../engine/device/open.ts";
import { measureSubgroupSize } from "../../../engine/device/subgroup_size.ts";

try {
  const { device, adapter: { backend, driver }, subgroupSize } = await openDevice();
  const measured = subgroupSize > 0 ? await measureSubgroupSize(device) : 0;
  console.log(JSON.stringify({ backend, driver, subgroupSize, measured }));
} catch (error) {
  console.log(JSON.stringify({ error: String(error) }));
}
