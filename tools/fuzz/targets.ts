import { configs } from "./configs.ts";
import { formats } from "./formats.ts";
import { npy } from "./npy.ts";
import { records } from "./records.ts";
import { safetensors } from "./safetensors.ts";
import { scores } from "./scores.ts";
import type { Target } from "./target.ts";
import { tables } from "./tables.ts";
import { tokenizer } from "./tokenizer.ts";

/** Every kind of file that is fuzzed. */
export const targets: readonly Target[] = [records, npy, safetensors, tokenizer, configs, scores, tables, formats];
