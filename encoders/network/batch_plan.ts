import { UsageError } from "../../kernels/errors.ts";
import { boundBytes } from "../../kernels/launcher.ts";
import { paddedLength, step } from "./token_batch.ts";

/** Least length in a batch, as a share of the longest: what is filled up is computed too. */
const leastShare = 3 / 4;

/**
 * Divides sequences into batches of like length, the longest first, so that little is filled up and the first batch takes
 * the most memory.
 *
 * @param lengths tokens of each sequence
 * @param mostTokens of a batch, those that fill up among them; a sequence of more is a batch alone
 * @returns the numbers of each batch's sequences
 */
export function planBatches(lengths: readonly number[], mostTokens: number): number[][] {
  const sorted = lengths.map((_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const batches: number[][] = [];
  let from = 0;
  while (from < sorted.length) {
    const longest = paddedLength(lengths[sorted[from]!]!), most = Math.max(1, Math.floor(mostTokens / longest));
    let end = from + 1;
    while (end < sorted.length && end - from < most && paddedLength(lengths[sorted[end]!]!) >= leastShare * longest) {
      end++;
    }
    batches.push(sorted.slice(from, end));
    from = end;
  }
  return batches;
}

/**
 * Fails where a text alone has more tokens than a device can encode.
 *
 * @param tokens of the longest text
 * @param widest numbers that its largest tensor has for each token
 * @param most bytes that the device binds at once
 * @throws UsageError with a limit of tokens that fits
 */
export function expectTokens(tokens: number, widest: number, most: number): void {
  const bytes = 4 * widest * paddedLength(tokens);
  if (bytes <= most) return;
  throw new UsageError(
    `A text of ${tokens} tokens ${boundBytes(bytes, most)}; with a limit of ${
      Math.floor(most / 4 / widest / step) * step
    } tokens (--max-tokens) it fits.`,
  );
}
