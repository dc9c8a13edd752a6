/** Milliseconds that ending a pass takes. */
const breakTime = 0.02;
/** Milliseconds that a copy takes before its first byte. */
const copyTime = 0.03;
/** Milliseconds to copy a byte. */
const byteTime = 2.2e-7;
/** Milliseconds saved by reading a number from a texture instead of a buffer. */
const savedByNumber = 3.5e-6;

/** Reads below this are not worth another pipeline to compile. */
const leastReads = 2_000;

/**
 * Whether a dispatch that reads so many numbers should read them from textures, where some have to be copied before it.
 * The times are those of Mesa's drivers on two cores with AVX2.
 */
export function worthTextures(reads: number, copies: number, bytesToCopy: number): boolean {
  const cost = copies > 0 ? breakTime + copies * copyTime + bytesToCopy * byteTime : 0;
  return reads >= leastReads && reads * savedByNumber > cost;
}
