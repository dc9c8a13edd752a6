import { bilinearBackwardWeight, type BilinearFactors } from "../kernels/bilinear/bilinear_backward.ts";
import { bilinearTiles } from "../kernels/bilinear/tiles.ts";
import { lastAxis } from "./shapes.ts";
import { Tensor } from "./tensor.ts";

/** What the gradient of a bilinear form's weight is made of: dW[o, i, j] = Σ over b of dy[b, o] x1[b, i] x2[b, j]. */
export interface GradientFactors {
  /** [..., in1] */
  readonly x1: Tensor;
  /** [..., in2] */
  readonly x2: Tensor;
  /** [..., out] */
  readonly dy: Tensor;
}

/**
 * The gradient of a weight [out, in1, in2] as its factors, which take batch x (out + in1 + in2) numbers instead of
 * out x in1 x in2. An optimiser measures its norm and updates the weight from them, a tile at a time.
 */
export class FactoredGradient implements GradientFactors {
  readonly x1: Tensor;
  readonly x2: Tensor;
  readonly dy: Tensor;

  /** Keeps the factors beyond the scope they were made in; with those of an earlier gradient it is the sum of both. */
  constructor(factors: GradientFactors, earlier: FactoredGradient | null = null) {
    const join = (name: keyof GradientFactors) =>
      earlier ? stacked(earlier[name], factors[name]) : factors[name].keep();
    this.x1 = join("x1");
    this.x2 = join("x2");
    this.dy = join("dy");
    earlier?.dispose();
  }

  /** Gives the factors back. */
  dispose(): void {
    for (const factor of [this.x1, this.x2, this.dy]) factor.dispose();
  }
}

/** Operands of the launches that take factors. */
export function launchFactors({ x1, x2, dy }: GradientFactors): BilinearFactors {
  const { rows: batch, columns: in1 } = lastAxis(x1);
  const sizes = { batch, in1, in2: lastAxis(x2).columns, out: lastAxis(dy).columns };
  return { ...sizes, x1: x1.slice, x2: x2.slice, dy: dy.slice };
}

/** Writes the gradient itself, or adds it. */
export function multiplyOut(factors: GradientFactors, gradient: Tensor, accumulate: boolean): void {
  const { stream, capabilities } = gradient.engine;
  const options = launchFactors(factors);
  for (const { slice, first, rows } of bilinearTiles(gradient.slices, options, capabilities)) {
    bilinearBackwardWeight(stream, { ...options, gradient: slice, first, rows, accumulate });
  }
}

/** The rows of a and those of b, in memory of their own. */
function stacked(a: Tensor, b: Tensor): Tensor {
  const { engine } = a;
  const { rows, columns } = lastAxis(a);
  const total = rows + lastAxis(b).rows;
  const storage = engine.allocate(total * columns * 4, a.name);
  const [whole] = storage.slices;
  engine.stream.copy(a.slice, whole!, a.size * 4);
  engine.stream.copy(b.slice, { ...whole!, offset: whole!.offset + a.size * 4 }, b.size * 4);
  return new Tensor(engine, [total, columns], storage, "f32", a.name);
}
