import { bilinearBackwardWeight, type BilinearFactors } from "../../kernels/bilinear/bilinear_backward.ts";
import { type BilinearTile, bilinearTiles } from "../../kernels/bilinear/tiles.ts";
import type { BufferSlice } from "../../kernels/launcher.ts";
import { lastAxis } from "./shapes.ts";
import { type GradientFactors, type GradientTarget, Tensor } from "./tensor.ts";

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

  /** Operands of the launches that take factors. */
  get operands(): BilinearFactors {
    return operandsOf(this);
  }

  /** Writes the gradient itself, or adds it. */
  multiplyOut(into: GradientTarget): void {
    multiplyOut(this, into);
  }

  /**
   * Visits the weight a tile at a time, so that of its gradient only a tile is ever in memory.
   *
   * @param weight buffers that hold it
   * @param visit takes a tile of the weight and its gradient, which is gone afterwards
   */
  eachTile(weight: readonly BufferSlice[], visit: (tile: BilinearTile, gradient: BufferSlice) => void): void {
    const { stream, capabilities } = this.x1.engine, { operands } = this;
    for (const tile of bilinearTiles(weight, operands, capabilities)) {
      const gradient = stream.scratch(tile.slice.size);
      bilinearBackwardWeight(stream, { ...operands, gradient, first: tile.first, rows: tile.rows });
      visit(tile, gradient);
      stream.release(gradient);
    }
  }

  /** Gives the factors back. */
  dispose(): void {
    for (const factor of [this.x1, this.x2, this.dy]) factor.dispose();
  }
}

function operandsOf({ x1, x2, dy }: GradientFactors): BilinearFactors {
  const { rows: batch, columns: in1 } = lastAxis(x1);
  const sizes = { batch, in1, in2: lastAxis(x2).columns, out: lastAxis(dy).columns };
  return { ...sizes, x1: x1.slice, x2: x2.slice, dy: dy.slice };
}

/** Writes the product of factors, or adds it. */
export function multiplyOut(factors: GradientFactors, { tensor, accumulate }: GradientTarget): Tensor {
  const { stream, capabilities } = tensor.engine;
  const operands = operandsOf(factors);
  for (const { slice, first, rows } of bilinearTiles(tensor.slices, operands, capabilities)) {
    bilinearBackwardWeight(stream, { ...operands, gradient: slice, first, rows, accumulate });
  }
  return tensor;
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
