import { mesaPackage } from "../platform/packages.ts";
import type { AdapterChoice } from "./adapter.ts";
import { installedGpus } from "./installed_gpus.ts";
import { environment } from "./permissions.ts";

/** Sentences on what would make a driver's work faster. */
export async function advise(driver: AdapterChoice["driver"]): Promise<string[]> {
  if (driver === "hardware") return [];
  const gpus = await installedGpus();
  const advice = gpus.length > 0
    ? [`This machine has a GPU (${gpus.join(", ")}) that WebGPU does not reach: install its maker's Vulkan driver.`]
    : ["A GPU with its maker's Vulkan driver would be many times faster."];
  if (driver === "llvmpipe-gl" || driver === "swiftshader") {
    const gain = driver === "swiftshader" ? "several times" : "up to twice";
    advice.push(`Mesa's Vulkan driver would be ${gain} as fast, without a GPU: ${mesaPackage}.`);
  }
  const backend = environment("DENO_WEBGPU_BACKEND");
  if (backend !== undefined) advice.push(`DENO_WEBGPU_BACKEND=${backend} leaves other adapters out; try without it.`);
  return advice;
}
