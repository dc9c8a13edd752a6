import { platform } from "../platform/here.ts";
import type { AdapterChoice } from "./adapter.ts";

/** Bytes of memory that a GPU, or the machine, may use. */
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
  return software ? machineMemory() : null;
}

/** The memory of the machine; null where the process may not look (`--allow-sys=systemMemoryInfo`). */
export function machineMemory(): DeviceMemory | null {
  if (!platform.permitted({ name: "sys", kind: "systemMemoryInfo" })) return null;
  const memory = platform.memory();
  return memory && { free: memory.available, total: memory.total };
}
