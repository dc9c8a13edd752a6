/** Number of a value on a tape. */
export type Node = number;

/** Scalars in float64 with how each follows from others: the reference for values and gradients of whole graphs. */
export class Tape {
  /** Values by node. */
  readonly values: number[] = [];
  readonly #parents: (readonly Node[])[] = [];
  readonly #slopes: (readonly number[])[] = [];

  /** A value that follows from others, with its derivative for each of them; without any it is a leaf. */
  node(value: number, parents: readonly Node[] = [], slopes: readonly number[] = []): Node {
    this.#parents.push(parents);
    this.#slopes.push(slopes);
    return this.values.push(value) - 1;
  }

  /** The value of a node. */
  at(node: Node): number {
    return this.values[node]!;
  }

  /** f(x). */
  map(x: Node, f: (x: number) => number, derivative: (x: number) => number): Node {
    return this.node(f(this.at(x)), [x], [derivative(this.at(x))]);
  }

  add(a: Node, b: Node): Node {
    return this.node(this.at(a) + this.at(b), [a, b], [1, 1]);
  }

  subtract(a: Node, b: Node): Node {
    return this.node(this.at(a) - this.at(b), [a, b], [1, -1]);
  }

  multiply(a: Node, b: Node): Node {
    return this.node(this.at(a) * this.at(b), [a, b], [this.at(b), this.at(a)]);
  }

  divide(a: Node, b: Node): Node {
    const [x, y] = [this.at(a), this.at(b)];
    return this.node(x / y, [a, b], [1 / y, -x / y ** 2]);
  }

  /** factor x + shift, with constants. */
  affine(x: Node, factor: number, shift = 0): Node {
    return this.node(factor * this.at(x) + shift, [x], [factor]);
  }

  /** Σ x, times a constant. */
  sum(xs: readonly Node[], factor = 1): Node {
    return this.node(factor * xs.reduce((sum, x) => sum + this.at(x), 0), xs, xs.map(() => factor));
  }

  /** Σ a b. */
  dot(as: readonly Node[], bs: readonly Node[]): Node {
    const [left, right] = [as.map((a) => this.at(a)), bs.map((b) => this.at(b))];
    return this.node(left.reduce((sum, a, i) => sum + a * right[i]!, 0), [...as, ...bs], [...right, ...left]);
  }

  exp(x: Node): Node {
    return this.map(x, Math.exp, Math.exp);
  }

  log(x: Node): Node {
    return this.map(x, Math.log, (value) => 1 / value);
  }

  square(x: Node): Node {
    return this.map(x, (value) => value * value, (value) => 2 * value);
  }

  /** √x, with slope 0 at 0. */
  sqrt(x: Node): Node {
    return this.map(x, Math.sqrt, (value) => value === 0 ? 0 : 0.5 / Math.sqrt(value));
  }

  sigmoid(x: Node): Node {
    const f = (value: number) => 1 / (1 + Math.exp(-value));
    return this.map(x, f, (value) => f(value) * f(-value));
  }

  /** max(x, bound), of a constant bound. */
  atLeast(x: Node, bound: number): Node {
    return this.map(x, (value) => Math.max(value, bound), (value) => value > bound ? 1 : 0);
  }

  /** log Σ eˣ. */
  logSumExp(xs: readonly Node[]): Node {
    const greatest = Math.max(...xs.map((x) => this.at(x)));
    const powers = xs.map((x) => Math.exp(this.at(x) - greatest)), total = powers.reduce((a, b) => a + b, 0);
    return this.node(greatest + Math.log(total), xs, powers.map((power) => power / total));
  }

  /** eˣ / Σ eˣ. */
  softmax(xs: readonly Node[]): Node[] {
    const sum = this.logSumExp(xs);
    return xs.map((x) => this.exp(this.subtract(x, sum)));
  }

  /** Derivatives of Σ seed · node for all nodes; a node may stand there more than once. */
  gradients(seeds: readonly (readonly [node: Node, seed: number])[]): Float64Array {
    const gradients = new Float64Array(this.values.length);
    for (const [node, seed] of seeds) gradients[node]! += seed;
    for (let node = gradients.length - 1; node >= 0; node--) {
      const gradient = gradients[node]!;
      if (gradient === 0) continue;
      this.#parents[node]!.forEach((parent, i) => gradients[parent]! += gradient * this.#slopes[node]![i]!);
    }
    return gradients;
  }
}
