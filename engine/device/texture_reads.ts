import { measureReads, type ReadSpeeds } from "../../kernels/texture_reads/probe.ts";
import { writeAtomically } from "../files/files.ts";
import { platform } from "../platform/here.ts";
import { cacheFolder, measurementsPath } from "./cache.ts";
import { permitted } from "./permissions.ts";

/** How fast an adapter reads storage buffers and textures on this machine. */
export interface MeasuredReads extends ReadSpeeds {
  /** The adapter, the date of its driver and the CPU that it was measured on. */
  readonly machine: string;
}

/** Reads from textures have to be so many times as fast as reads from buffers to be worth the copies. */
const leastGain = 2;

/** Whether shaders should read from textures. */
export function prefersTextures({ buffer, texture }: ReadSpeeds): boolean {
  return texture > 0 && buffer / texture >= leastGain;
}

/**
 * How fast a device reads on this machine, measured the first time and kept in the user's cache for this adapter, driver
 * and CPU.
 *
 * @param adapter what the adapter calls itself, and its interface
 * @returns undefined where it cannot be measured
 */
export async function readSpeeds(device: GPUDevice, adapter: string): Promise<MeasuredReads | undefined> {
  const machine = [adapter, await driverDate(), await processor()].filter((word) => word).join(", ");
  const path = measurementsPath("reads", adapter);
  const known = await readMeasured(path);
  if (known?.machine === machine) return known;
  const speeds = await measureReads(device);
  if (!speeds) return undefined;
  const measured = { machine, ...speeds };
  if (permitted({ name: "write", path: cacheFolder() })) {
    await writeAtomically(path, JSON.stringify(measured, null, 2) + "\n").catch(() => {});
  }
  return measured;
}

async function readMeasured(path: string): Promise<MeasuredReads | undefined> {
  if (!permitted({ name: "read", path })) return undefined;
  try {
    return JSON.parse(await platform.files.readTextFile(path)) as MeasuredReads;
  } catch {
    return undefined; // Measured again.
  }
}

/** The CPU's name and its widest vectors, where the system says so. */
export async function processor(): Promise<string> {
  const path = "/proc/cpuinfo";
  if (platform.os !== "linux" || !permitted({ name: "read", path })) return "";
  const text = await platform.files.readTextFile(path).catch(() => "");
  const name = /^model name\s*:\s*(.*)$/m.exec(text)?.[1] ?? "";
  const widest = ["avx512f", "avx2", "avx"].find((flag) => new RegExp(`\\b${flag}\\b`).test(text)) ?? "";
  return [name, widest].filter((word) => word).join(", ");
}

/** Where Linux lists drivers of Vulkan and OpenGL: their files are as old as the drivers. */
const driverLists = ["/usr/share/vulkan/icd.d", "/usr/share/glvnd/egl_vendor.d"];

async function driverDate(): Promise<string> {
  let newest = 0;
  for (const path of driverLists) {
    if (platform.os !== "linux" || !permitted({ name: "read", path })) continue;
    try {
      for await (const { name } of platform.files.readDir(path)) {
        newest = Math.max(newest, (await platform.files.stat(platform.join(path, name))).mtime?.getTime() ?? 0);
      }
    } catch {
      // No driver of this kind.
    }
  }
  return newest > 0 ? `driver of ${new Date(newest).toISOString().slice(0, 10)}` : "";
}
