/** The numbers whose bits in half precision are given. */
export function floatsOfHalves(bits: Uint16Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  return typeof Float16Array === "undefined"
    ? Float32Array.from(bits, floatOfHalf)
    : Float32Array.from(new Float16Array(bits.buffer, bits.byteOffset, bits.length));
}

/** The same of one number, for where the language has no such arrays: Node before its version 24. */
export function floatOfHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1, exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
