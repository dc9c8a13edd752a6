import type { AdapterChoice } from "./adapter.ts";
import { permitted } from "./permissions.ts";

/** Bytes of memory that a GPU may use. */
export interface DeviceMemory {
  /** What is free now. */
  readonly free: number;
  /** All there is. */
  readonly total: number;
}

/**
 * The memory of a GPU that is a CPU: the machine's. Null for a hardware GPU, of which WebGPU does not tell, and where the
 * process may not look (`--allow-sys=systemMemoryInfo`).
 */
export function deviceMemory({ software }: Pick<AdapterChoice, "software">): DeviceMemory | null {
  if (!software || !permitted({ name: "sys", kind: "systemMemoryInfo" })) return null;
  const { available, total } = Deno.systemMemoryInfo();
  return { free: available, total };
}
