import { DeviceError } from "../../kernels/errors.ts";
import { platform } from "../platform/here.ts";
import { environment } from "./permissions.ts";

/** What carries out the work: a GPU, or one of the programs that stand in for it on the CPU. */
export type Driver = "hardware" | "lavapipe" | "llvmpipe-gl" | "swiftshader" | "warp";

/** The adapter that was found, and what stands behind it. */
export interface AdapterChoice {
  /** WebGPU's own object. */
  readonly adapter: GPUAdapter;
  /** What the adapter calls itself. */
  readonly description: string;
  /** The interface to the GPU that the driver implements. */
  readonly backend: "vulkan" | "gl" | "metal" | "dx12" | "unknown";
  /** What carries out the work. */
  readonly driver: Driver;
  /** True where the CPU does the work. */
  readonly software: boolean;
}

/**
 * The fastest adapter of this machine: a GPU, else Mesa's Vulkan or GL driver, else SwiftShader.
 *
 * @param onNote told in a sentence when SwiftShader has to be fetched
 * @throws DeviceError when there is none; it says what to install
 */
export async function requestAdapter(onNote: (sentence: string) => void): Promise<GPUAdapter> {
  const gpu = await platform.gpu(onNote);
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (adapter) return adapter;
  throw new DeviceError(platform.noAdapter());
}

/** @param subgroups whether the adapter's device was granted subgroups: on Linux, Vulkan has them and GL has not */
export function describeAdapter(adapter: GPUAdapter, subgroups: boolean): AdapterChoice {
  const { vendor, architecture, isFallbackAdapter } = adapter.info;
  // Browsers keep the description to themselves.
  const description = adapter.info.description || [vendor, architecture].filter((word) => word).join(" ");
  const backend = findBackend(subgroups);
  const driver = findDriver(description, backend, isFallbackAdapter);
  return {
    adapter,
    description: description || "an adapter without a name",
    backend,
    driver,
    software: driver !== "hardware",
  };
}

function findBackend(subgroups: boolean): AdapterChoice["backend"] {
  if (platform.name === "browser") return "unknown";
  switch (platform.os) {
    case "darwin":
      return "metal";
    case "linux":
      return subgroups || platform.name === "Node" ? "vulkan" : "gl";
    case "windows":
      return subgroups && environment("DENO_WEBGPU_BACKEND") !== "vulkan" ? "dx12" : "unknown";
    default:
      return "unknown";
  }
}

function findDriver(description: string, backend: AdapterChoice["backend"], fallback: boolean): Driver {
  if (/swiftshader/i.test(description)) return "swiftshader";
  if (/llvmpipe|softpipe/i.test(description)) return backend === "gl" ? "llvmpipe-gl" : "lavapipe";
  if (/basic render|warp/i.test(description)) return "warp";
  return fallback && backend === "gl" ? "llvmpipe-gl" : "hardware";
}
