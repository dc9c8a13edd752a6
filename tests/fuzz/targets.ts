import { npy } from "./npy.ts";
import { records } from "./records.ts";
import { safetensors } from "./safetensors.ts";
import { scores } from "./scores.ts";
import type { Target } from "./target.ts";

/** Every kind of file that is fuzzed. */
export const targets: readonly Target[] = [records, npy, safetensors, scores];
