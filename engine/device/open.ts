import { DeviceError } from "../../kernels/errors.ts";
import type { Capabilities } from "../../kernels/launcher.ts";
import type { ReadSpeeds } from "../../kernels/texture_reads/probe.ts";
import type { texturedSource } from "../../kernels/texture_reads/source.ts";
import { type AdapterChoice, describeAdapter, requestAdapter } from "./adapter.ts";
import { ErrorTrap } from "./errors.ts";
import { limitsOf } from "./limits.ts";
import { enablesSubgroups, findSubgroupSize } from "./subgroup_size.ts";

/**
 * A device ready for work, and what is known of it. Whoever opened it disposes of it, which destroys it: engines that are
 * still open on it then fail as they do when the GPU is lost.
 */
export interface OpenDevice extends Disposable {
  /** WebGPU's own object. */
  readonly device: GPUDevice;
  /** The adapter it came from. */
  readonly adapter: AdapterChoice;
  /** Features that were granted, among them some that adapters do not list. */
  readonly features: ReadonlySet<string>;
  /** Invocations in a subgroup, or 0 where the device has no subgroup operations. */
  readonly subgroupSize: number;
  /** Whether shaders have to name subgroups in an enable line. */
  readonly enableSubgroups: boolean;
  /** Whether its shaders read from textures, which is faster on most CPUs in a GPU's place. */
  readonly textureReads: boolean;
  /** What makes shaders read from textures; undefined where they do not. */
  readonly texturedSource?: typeof texturedSource | undefined;
  /** How fast textures and buffers are read; undefined on hardware, and where nobody had to know. */
  readonly readSpeeds: ReadSpeeds | undefined;
  /** Refusals and losses that WebGPU reports as events; call `errors.check()` where results are waited for. */
  readonly errors: ErrorTrap;
}

/** How a device is opened. */
export interface DeviceOptions {
  /** Told in a sentence about work that takes long, such as fetching a driver. */
  readonly onNote?: (sentence: string) => void;
  /** Whether shaders read from textures; by default whatever was measured to be faster on this machine. */
  readonly textureReads?: boolean | undefined;
}

/** Features asked for where the adapter lists them. */
const listedFeatures: readonly GPUFeatureName[] = ["shader-f16", "timestamp-query"];
/** Features that adapters grant without listing them: the only way to know is to ask. */
const hiddenFeatures: readonly string[] = ["subgroups"];

/**
 * Opens the fastest adapter of this machine with all the limits it has. Engines on one device share the kernels that are
 * compiled on it.
 *
 * @throws DeviceError when there is no adapter, saying what to install, or when it gives no device
 *
 * @example Two engines, the second of which compiles nothing
 * using device = await openDevice();
 * for (const value of [1, 2]) {
 *   await using engine = await Engine.open({ device });
 *   using x = engine.scope(() => engine.full([2], value).exp());
 *   console.log(await x.data());
 * }
 */
export async function openDevice(options: DeviceOptions = {}): Promise<OpenDevice> {
  const adapter = await requestAdapter(options.onNote ?? (() => {}));
  const device = await requestDevice(adapter);
  const features = new Set<string>(device.features);
  const errors = new ErrorTrap(device);
  const subgroupSize = features.has("subgroups") ? await findSubgroupSize(device, adapter.info) : 0;
  const enableSubgroups = subgroupSize > 0 && await enablesSubgroups(device);
  const choice = describeAdapter(adapter, subgroupSize > 0);
  const reads = await readsOf(device, choice, options.textureReads);
  const source = reads.textureReads ? await import("../../kernels/texture_reads/source.ts") : {};
  errors.check();
  const known = { device, adapter: choice, features, subgroupSize, enableSubgroups, ...reads, ...source, errors };
  return { ...known, [Symbol.dispose]: () => device.destroy() };
}

/** What shaders read from, measured where that is in question: hardware reads buffers at full speed. */
async function readsOf(
  device: GPUDevice,
  { software, description, backend }: AdapterChoice,
  asked: boolean | undefined,
): Promise<Pick<OpenDevice, "textureReads" | "readSpeeds">> {
  if (asked !== undefined || !software) return { textureReads: asked ?? false, readSpeeds: undefined };
  const { prefersTextures, readSpeeds } = await import("./texture_reads.ts");
  const speeds = await readSpeeds(device, `${description}, ${backend}`);
  return { textureReads: speeds !== undefined && prefersTextures(speeds), readSpeeds: speeds };
}

/** What launches may ask about an open device. */
export function capabilitiesOf(opened: OpenDevice): Capabilities {
  const { device, adapter, features, subgroupSize, enableSubgroups, textureReads } = opened;
  return {
    subgroupSize,
    enableSubgroups,
    software: adapter.software,
    shaderF16: features.has("shader-f16"),
    textureReads,
    maxBindingSize: device.limits.maxStorageBufferBindingSize,
  };
}

async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits = limitsOf(adapter.limits);
  const listed = listedFeatures.filter((feature) => adapter.features.has(feature));
  let refusal: unknown;
  for (const features of [[...listed, ...hiddenFeatures], listed]) {
    try {
      const requiredFeatures = features as GPUFeatureName[];
      return await adapter.requestDevice({ label: "metrograd", requiredFeatures, requiredLimits });
    } catch (error) {
      refusal = error;
    }
  }
  throw new DeviceError(`${adapter.info.description} gives no device: ${(refusal as Error).message}.`, {
    cause: refusal,
  });
}
