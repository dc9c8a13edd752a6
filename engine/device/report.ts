import { matmulReference } from "../../kernels/matmul/matmul.ref.ts";
import { matmul } from "../../kernels/matmul/matmul.ts";
import { Philox } from "../../kernels/philox.ts";
import { Engine } from "../engine.ts";
import type { AdapterChoice } from "./adapter.ts";
import { installedGpus } from "./installed_gpus.ts";
import { limitsOf } from "./limits.ts";
import { type DeviceOptions, openDevice } from "./open.ts";
import { mesaPackage } from "../platform/packages.ts";
import { environment } from "./permissions.ts";
import { roundTime } from "./round_time.ts";

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
/** m, n, k: a single element, odd sizes, one more than tiles hold, and whole tiles. */
const checkedSizes = [[1, 1, 1], [3, 5, 7], [33, 65, 17], [64, 64, 64]] as const;
const layouts = [{}, { transposeB: true }, { transposeA: true }];
const speedSize = 512;

/**
 * Opens the fastest adapter, multiplies matrices on it, and says what it is, whether it is right, and how fast.
 *
 * @throws DeviceError when there is no adapter; it says what to install
 */
export async function inspect(options: DeviceOptions = {}): Promise<DeviceReport> {
  await using engine = new Engine(await openDevice(options));
  const { device, adapter: { description, backend, driver, software }, features, subgroupSize } = engine.opened;
  const { readSpeeds: speeds } = engine.opened;
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
    gflops: await measureSpeed(engine),
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

async function advise(driver: AdapterChoice["driver"]): Promise<string[]> {
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

/** Worst relative error over the sizes and layouts that are checked. */
async function worstError(engine: Engine): Promise<number> {
  let worst = 0;
  for (const [m, n, k] of checkedSizes) {
    const a = uniform(m * k, 1), b = uniform(k * n, 2);
    for (const layout of layouts) {
      const [x, y, z] = [engine.tensor([m * k], a), engine.tensor([k * n], b), engine.empty([m * n])];
      matmul(engine.stream, { a: x.slice, b: y.slice, c: z.slice, m, n, k, ...layout });
      const [found] = await engine.read([z]);
      for (const tensor of [x, y, z]) tensor.dispose();
      const expected = matmulReference(a, b, { m, n, k, ...layout });
      const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      // Written so that NaN is an error too.
      expected.forEach((value, i) => {
        const error = Math.abs(found![i]! - value) / largest;
        if (!(error <= worst)) worst = Number.isNaN(error) ? Infinity : error;
      });
    }
  }
  return worst;
}

/** GFLOP/s of a product. */
async function measureSpeed(engine: Engine): Promise<number> {
  const [m, n, k] = [speedSize, speedSize, speedSize];
  const [a, b] = [engine.tensor([m, k], uniform(m * k, 1)), engine.tensor([k, n], uniform(k * n, 2))];
  const c = engine.empty([m, n]);
  const product = () => matmul(engine.stream, { a: a.slice, b: b.slice, c: c.slice, m, n, k });
  const milliseconds = await roundTime(product, () => engine.finish());
  for (const tensor of [a, b, c]) tensor.dispose();
  return 2 * m * n * k / milliseconds / 1e6;
}

/** Uniform numbers from -1 to 1. */
function uniform(length: number, stream: number): Float32Array {
  const random = new Philox(1, stream);
  return Float32Array.from({ length }, () => 2 * random.uniform() - 1);
}
