import { Engine } from "../engine.ts";
import type { AdapterChoice } from "./adapter.ts";
import { limitsOf } from "./limits.ts";
import type { DeviceOptions } from "./open.ts";

/** What the adapter of this machine is and can do. */
export interface DeviceReport extends Pick<AdapterChoice, "description" | "backend" | "driver" | "software"> {
  /** Features that were granted. */
  readonly features: readonly string[];
  /** Invocations in a subgroup, or 0 where there are no subgroup operations. */
  readonly subgroupSize: number;
  /** True where shaders read from textures, false where they read from buffers. */
  readonly textureReads: boolean;
  /** How many times as fast textures are read as buffers; undefined on hardware, where it is not measured. */
  readonly textureGain: number | undefined;
  /** WebGPU's limits, as granted. */
  readonly limits: Readonly<Record<string, number>>;
  /** Largest error of a few small matrix products against float64, relative to the largest element of each result. */
  readonly matmulError: number;
  /** Whether that is an error of rounding only. */
  readonly correct: boolean;
  /** Speed of the product of two 512 x 512 matrices, in 10⁹ additions and multiplications a second. */
  readonly gflops: number;
  /** Sentences on what would make it faster. */
  readonly advice: readonly string[];
}

/** Rounding in float32 stays below this at the sizes checked. */
const tolerance = 1e-5;
const speedSize = 512;

/**
 * Opens the fastest adapter, multiplies matrices on it, and says what it is, whether it is right, and how fast.
 *
 * @throws DeviceError when there is no adapter; it says what to install
 */
export async function inspect(options: DeviceOptions = {}): Promise<DeviceReport> {
  await using engine = await Engine.open(options);
  const { device, adapter: { description, backend, driver, software }, features, subgroupSize } = engine.opened;
  const { readSpeeds: speeds } = engine.opened;
  const { measureSpeed, worstError } = await import("./check_products.ts"), { advise } = await import("./advice.ts");
  const matmulError = await worstError(engine);
  return {
    ...{ description, backend, driver, software },
    features: [...features].sort(),
    subgroupSize,
    textureReads: engine.opened.textureReads,
    textureGain: speeds && speeds.buffer / speeds.texture,
    limits: limitsOf(device.limits),
    matmulError,
    correct: matmulError < tolerance,
    gflops: await measureSpeed(engine, speedSize),
    advice: await advise(driver),
  };
}

/** The report as lines to print. */
export function formatReport(report: DeviceReport): string {
  const { description, backend, driver, software, features, subgroupSize, limits, textureReads, textureGain } = report;
  const mebibytes = (bytes = 0) => `${Math.floor(bytes / 2 ** 20)} MiB`;
  const rows = [
    ["adapter", description],
    ["driver", `${driverNames[driver]}, through ${backend}${software ? "; the CPU does the work" : ""}`],
    ["features", features.join(", ") || "none beyond WebGPU's own"],
    ["subgroup size", subgroupSize || "no subgroup operations"],
    [
      "reads",
      `from ${textureReads ? "textures" : "buffers"}${
        textureGain ? `; textures are read ${textureGain.toPrecision(2)} times as fast as buffers` : ""
      }`,
    ],
    ["buffer", `${mebibytes(limits.maxBufferSize)}, ${mebibytes(limits.maxStorageBufferBindingSize)} a binding`],
    ["storage buffers", `${limits.maxStorageBuffersPerShaderStage} a shader`],
    [
      "workgroup",
      `${limits.maxComputeInvocationsPerWorkgroup} invocations, ${limits.maxComputeWorkgroupStorageSize} bytes`,
    ],
    [
      "correctness",
      `matrix products ${report.correct ? "right" : "WRONG"}, error ${report.matmulError.toExponential(1)}`,
    ],
    ["speed", `${report.gflops.toPrecision(3)} GFLOP/s in a matrix product of ${speedSize} cubed`],
  ];
  const width = Math.max(...rows.map(([name]) => String(name).length));
  const lines = rows.map(([name, value]) => `${String(name).padEnd(width)}  ${value}`);
  return [...lines, ...report.advice.flatMap((sentence) => ["", sentence])].join("\n");
}

const driverNames: Record<AdapterChoice["driver"], string> = {
  hardware: "hardware",
  lavapipe: "Mesa lavapipe",
  "llvmpipe-gl": "Mesa llvmpipe",
  swiftshader: "SwiftShader",
  warp: "WARP",
};
