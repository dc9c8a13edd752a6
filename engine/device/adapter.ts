import { DeviceError } from "../../kernels/errors.ts";
import { environment, permitted } from "./permissions.ts";
import { mesaPackage } from "./packages.ts";
import { canUseSwiftShader, loadSwiftShader } from "./swiftshader.ts";

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

let preparation: Promise<void> | undefined;

/**
 * The fastest adapter of this machine: a GPU, else Mesa's Vulkan or GL driver, else SwiftShader.
 *
 * @param onNote told in a sentence when SwiftShader has to be fetched
 * @throws DeviceError when there is none; it says what to install
 */
export async function requestAdapter(onNote: (sentence: string) => void): Promise<GPUAdapter> {
  await (preparation ??= prepare(onNote));
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter) return adapter;
  throw new DeviceError(noAdapter());
}

/** What has to be done before the first request, whose failure would be final. */
async function prepare(onNote: (sentence: string) => void): Promise<void> {
  silenceRuntimeDirectory();
  if (canUseSwiftShader() && !(await hasAdapter())) await loadSwiftShader(onNote);
}

/** Asks for an adapter in a worker, which has a runtime of its own to spoil. */
function hasAdapter(): Promise<boolean> {
  const worker = new Worker(new URL("./probe_worker.ts", import.meta.url), { type: "module" });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  worker.addEventListener("message", ({ data }) => resolve(data));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    resolve(true); // Unknown: the request itself will tell.
  });
  return promise.finally(() => worker.terminate());
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

/** Mesa's EGL complains on stderr, as if something had failed, when this variable is no absolute path. */
function silenceRuntimeDirectory(): void {
  const variable = "XDG_RUNTIME_DIR";
  if (Deno.build.os !== "linux" || !permitted({ name: "env", variable })) return;
  if (!Deno.env.get(variable)?.startsWith("/")) Deno.env.set(variable, "/tmp");
}

function noAdapter(): string {
  const backend = environment("DENO_WEBGPU_BACKEND");
  if (backend !== undefined) {
    return `No GPU adapter was found with DENO_WEBGPU_BACKEND=${backend}; try again without that variable.`;
  }
  return Deno.build.os === "linux"
    ? `No GPU adapter was found; install your GPU's Vulkan driver, or Mesa's, which needs no GPU (${mesaPackage}).`
    : "No GPU adapter was found; install or update your GPU's driver.";
}
