import type { Shard } from "../../data/record_blocks.ts";
import { UsageError } from "../../kernels/errors.ts";

/** Reads `--shard`: "3/8" is the third of eight parts. @throws UsageError */
export function parseShard(word: string): Shard {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(word)?.map(Number) ?? [];
  if (index !== undefined && count !== undefined && index >= 1 && index <= count) return { index, count };
  throw new UsageError(`--shard is "${word}"; a number and how many parts there are, as 1/8 to 8/8, are expected.`);
}
