const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** High 32 bits of the product of two words, in steps that stay within 32 bits. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16, bLow = b & 0xffff, bHigh = b >>> 16;
  const first = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const second = (Math.imul(aLow, bHigh) >>> 0) + (first & 0xffff);
  return (Math.imul(aHigh, bHigh) + (first >>> 16) + (second >>> 16)) >>> 0;
}

/** Writes the block of a counter and a key, each from its low word on. */
function fillBlock(
  block: Uint32Array,
  [c0, c1, c2, c3]: readonly [number, number, number, number],
  [k0, k1]: readonly [number, number],
): void {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0), low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2), low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

/**
 * One block of Philox4x32-10: four uniform 32-bit words from a 128-bit counter and a 64-bit key.
 *
 * @see Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011)
 */
export function philoxBlock(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  const block = new Uint32Array(4);
  fillBlock(block, counter, key);
  return [block[0]!, block[1]!, block[2]!, block[3]!];
}

/**
 * A counter-based random stream on the host: the same seed and stream give the same numbers on every machine, and
 * `position` is all its state.
 */
export class Philox {
  readonly #key: readonly [number, number];
  readonly #block = new Uint32Array(4);
  #blockIndex = -1;

  /**
   * Starts a stream, or goes on where another one stood.
   *
   * @param seed any integer; its low 32 bits are used
   * @param stream names an independent stream of the seed, so that no two uses share numbers
   * @param position how many words were already drawn
   */
  constructor(seed: number, stream = 0, public position = 0) {
    this.#key = [seed >>> 0, stream >>> 0];
  }

  /** Low 32 bits of the seed. */
  get seed(): number {
    return this.#key[0];
  }

  /** Which stream of the seed it is. */
  get stream(): number {
    return this.#key[1];
  }

  /** The next 32 random bits. */
  uint32(): number {
    const blockIndex = Math.floor(this.position / 4);
    if (blockIndex !== this.#blockIndex) {
      fillBlock(this.#block, [blockIndex >>> 0, Math.floor(blockIndex / 2 ** 32), 0, 0], this.#key);
      this.#blockIndex = blockIndex;
    }
    return this.#block[this.position++ % 4]!;
  }

  /** Uniform on [0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5, low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** A uniform integer in [0, below). */
  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  /** Standard normal, by Box-Muller; two uniforms are used for each number. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A uniformly random order of 0 .. n - 1 (Fisher-Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}
