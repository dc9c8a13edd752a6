import { platform } from "../platform/here.ts";

/** Makers of GPUs by the number that PCI gives them. */
const makers: Readonly<Record<string, string>> = { "0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel" };

/** Where Linux lists what can draw. */
const list = "/sys/class/drm";

/** Makers of the GPUs that the operating system knows, whether WebGPU has a driver for them or not; Linux only. */
export async function installedGpus(): Promise<string[]> {
  const { os, files, join } = platform;
  if (os !== "linux" || !platform.permitted({ name: "read", path: list })) return [];
  const found = new Set<string>();
  try {
    for await (const { name } of files.readDir(list)) {
      if (!/^(card|renderD)\d+$/.test(name)) continue;
      const number = (await files.readTextFile(join(list, name, "device", "vendor")).catch(() => "")).trim();
      if (makers[number]) found.add(makers[number]);
    }
  } catch {
    return []; // No such list.
  }
  return [...found];
}
