const size = 624, shift = 397;

/**
 * The random numbers of numpy's `RandomState`: MT19937, seeded with one whole number as `numpy.random.seed` does.
 *
 * @see Matsumoto, Nishimura, "Mersenne twister: a 623-dimensionally equidistributed uniform pseudo-random number generator"
 *   (1998); `init_genrand` of their program of 2002
 * @see numpy/random/src/mt19937 and `random_interval` in numpy/random/src/distributions/distributions.c
 */
export class MersenneTwister {
  readonly #state = new Uint32Array(size);
  #next = size;

  /** @param seed a whole number from 0 to 4294967295 */
  constructor(seed: number) {
    this.#state[0] = seed;
    for (let i = 1; i < size; i++) {
      const before = this.#state[i - 1]!;
      this.#state[i] = Math.imul(1812433253, before ^ before >>> 30) + i;
    }
  }

  /** The next 32 bits, as a whole number from 0 to 4294967295. */
  bits(): number {
    if (this.#next === size) this.#twist();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= y << 7 & 0x9d2c5680;
    y ^= y << 15 & 0xefc60000;
    return (y ^ y >>> 18) >>> 0;
  }

  /** A whole number from 0 to `highest`, each as likely: bits are drawn until they are not above it. */
  upTo(highest: number): number {
    if (highest === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(highest);
    let drawn: number;
    do drawn = (this.bits() & mask) >>> 0; while (drawn > highest);
    return drawn;
  }

  /** Puts values in a random order, as `RandomState.shuffle` does with an array of one axis. */
  shuffle(values: number[]): void {
    for (let i = values.length - 1; i > 0; i--) {
      const other = this.upTo(i);
      [values[i], values[other]] = [values[other]!, values[i]!];
    }
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < size; i++) {
      const y = state[i]! & 0x80000000 | state[(i + 1) % size]! & 0x7fffffff;
      state[i] = state[(i + shift) % size]! ^ y >>> 1 ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}
