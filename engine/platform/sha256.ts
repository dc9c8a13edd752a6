import type { Sha256 } from "./platform.ts";

/** The first 32 bits behind the point of a root of each prime number, as FIPS 180-4 defines its constants. */
const fractions = (count: number, root: (prime: number) => number): Uint32Array<ArrayBuffer> => {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (prime) found.push((root(n) % 1) * 2 ** 32);
  }
  return Uint32Array.from(found);
};

const rounds = fractions(64, Math.cbrt);
const rotate = (x: number, by: number) => x >>> by | x << 32 - by;

/**
 * SHA-256 of bytes that come piece by piece, for where the platform only knows it of all at once.
 *
 * @see FIPS 180-4
 */
export class Sha256Sum implements Sha256 {
  readonly #state = fractions(8, Math.sqrt);
  readonly #block = new Uint8Array(64);
  readonly #words = new Uint32Array(64);
  #length = 0;

  /** Adds bytes. */
  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const filled = this.#length % 64, piece = bytes.subarray(at, at + 64 - filled);
      this.#block.set(piece, filled);
      this.#length += piece.length;
      at += piece.length;
      if (this.#length % 64 === 0) this.#mix();
    }
  }

  /** The digest in hex. Nothing can be added afterwards. */
  digest(): string {
    const bits = new Uint8Array(8);
    new DataView(bits.buffer).setBigUint64(0, BigInt(this.#length) * 8n);
    const zeros = (119 - this.#length % 64) % 64;
    this.update(Uint8Array.of(0x80, ...new Uint8Array(zeros)));
    this.update(bits);
    return [...this.#state].map((word) => word.toString(16).padStart(8, "0")).join("");
  }

  #mix(): void {
    const w = this.#words, view = new DataView(this.#block.buffer);
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(4 * i);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!, y = w[i - 2]!;
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ x >>> 3, s1 = rotate(y, 17) ^ rotate(y, 19) ^ y >>> 10;
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
    }
    let [a, b, c, d, e, f, g, h] = this.#state as unknown as [
      ...[number, number, number, number],
      ...[number, number, number, number],
    ];
    for (let i = 0; i < 64; i++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25), choice = e & f ^ ~e & g;
      const t1 = h + s1 + choice + rounds[i]! + w[i]!;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22), majority = a & b ^ a & c ^ b & c;
      [h, g, f, e, d, c, b, a] = [g, f, e, d + t1 | 0, c, b, a, t1 + s0 + majority | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => this.#state[i]! += word);
  }
}
