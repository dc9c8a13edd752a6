import { Buffer } from "node:buffer";

/** Bytes of UTF-8 that a token has on average in most tokenizers. */
const bytesPerToken = 4;

/** About how many tokens texts have. Runs differ in their tokenizers, so that limits count the same for all. */
export function tokensOf(...texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Math.ceil(Buffer.byteLength(text) / bytesPerToken), 0);
}
