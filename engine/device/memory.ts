import { platform } from "../platform/here.ts";
import type { AdapterChoice } from "./adapter.ts";

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
  if (!software || !platform.permitted({ name: "sys", kind: "systemMemoryInfo" })) return null;
  const memory = platform.memory();
  return memory && { free: memory.available, total: memory.total };
}
