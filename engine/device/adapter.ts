import { DeviceError } from "../../kernels/errors.ts";

/** What carries out the work: a GPU, or one of the programs that stand in for it on the CPU. */
export type Driver = "hardware" | "lavapipe" | "llvmpipe-gl" | "swiftshader" | "warp";

/** The adapter that was found, and what stands behind it. */
export interface AdapterChoice {
  readonly adapter: GPUAdapter;
  /** What the adapter calls itself. */
  readonly description: string;
  readonly backend: "vulkan" | "gl" | "metal" | "dx12" | "unknown";
  readonly driver: Driver;
  /** True where the CPU does the work. */
  readonly software: boolean;
}

/** The fastest adapter of this machine. @throws DeviceError when there is none; it says what to install */
export async function requestAdapter(): Promise<GPUAdapter> {
  silenceRuntimeDirectory();
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter) return adapter;
  throw new DeviceError(noAdapter());
}

/** @param subgroups whether the adapter's device was granted subgroups: on Linux, Vulkan has them and GL has not */
export function describeAdapter(adapter: GPUAdapter, subgroups: boolean): AdapterChoice {
  const { description, vendor, isFallbackAdapter } = adapter.info;
  const backend = findBackend(subgroups);
  const driver = findDriver(description, backend, isFallbackAdapter);
  return {
    adapter,
    description: description || `adapter of vendor ${vendor}`,
    backend,
    driver,
    software: driver !== "hardware",
  };
}

function findBackend(subgroups: boolean): AdapterChoice["backend"] {
  switch (Deno.build.os) {
    case "darwin":
      return "metal";
    case "linux":
      return subgroups ? "vulkan" : "gl";
    case "windows":
      return subgroups && Deno.env.get("DENO_WEBGPU_BACKEND") !== "vulkan" ? "dx12" : "unknown";
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

/** Mesa's EGL complains on stderr when this variable names no folder. */
function silenceRuntimeDirectory(): void {
  if (Deno.build.os === "linux" && !Deno.env.get("XDG_RUNTIME_DIR")) {
    Deno.env.set("XDG_RUNTIME_DIR", Deno.env.get("TMPDIR") || "/tmp");
  }
}

function noAdapter(): string {
  const backend = Deno.env.get("DENO_WEBGPU_BACKEND");
  if (backend !== undefined) {
    return `No GPU adapter was found with DENO_WEBGPU_BACKEND=${backend}; try again without that variable.`;
  }
  return Deno.build.os === "linux"
    ? "No GPU adapter was found; install your GPU's Vulkan driver, or Mesa's, which needs no GPU " +
      "(Debian and Ubuntu: apt install mesa-vulkan-drivers; Fedora: dnf install mesa-vulkan-drivers)."
    : "No GPU adapter was found; install or update your GPU's driver.";
}
