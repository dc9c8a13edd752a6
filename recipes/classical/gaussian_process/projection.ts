import { Buffer } from "../../../engine/tensors/buffer.ts";
import type { Engine } from "../../../engine/engine.ts";
import { Module, type ModuleOptions } from "../../../engine/nn/module.ts";
import { multiply, subtract } from "../../../engine/ops/arithmetic.ts";
import { concat } from "../../../engine/ops/concat.ts";
import { matmul } from "../../../engine/ops/matmul.ts";
import { sum } from "../../../engine/ops/reductions.ts";
import { clamp, sqrt } from "../../../engine/ops/unary.ts";
import type { Tensor } from "../../../engine/tensors/tensor.ts";
import type { OnDone } from "../../../data/observer.ts";
import type { Matrix } from "../matrix.ts";
import { Pca } from "../pca.ts";

/** Rows that principal components are found from; more would move them little. */
const fittedRows = 2000;

/**
 * Rows by their leading principal components, and if wanted the length of what those leave out: squared distances to rows
 * that the components span are exact then.
 */
export class Projection extends Module {
  /** Mean of the rows that it was fitted to, [columns]. */
  readonly center: Buffer;
  /** Leading directions, as rows of length 1, [components, columns]. */
  readonly components: Buffer;

  /**
   * With no direction at first.
   *
   * @param columns of the rows
   * @param components how many directions at most
   * @param withRest keeps the length of what the directions leave out as one number more
   */
  constructor(
    { engine }: Pick<ModuleOptions, "engine">,
    readonly columns: number,
    components: number,
    readonly withRest: boolean,
  ) {
    super();
    const count = Math.min(components, columns);
    this.center = new Buffer(engine, [columns], new Float32Array(columns), "center");
    this.components = new Buffer(engine, [count, columns], new Float32Array(count * columns), "components");
  }

  /** Dimensions of a projected row. */
  get width(): number {
    return this.components.shape[0]! + Number(this.withRest);
  }

  /** Finds the components of rows; directions that they do not have are left 0. @param onDone awaited before each step */
  async fit(engine: Engine, rows: Matrix<Float32Array>, onDone: OnDone): Promise<void> {
    const step = Math.max(rows.rows / fittedRows, 1), count = Math.min(rows.rows, fittedRows), { columns } = rows;
    const data = new Float32Array(count * columns);
    for (let i = 0; i < count; i++) {
      const from = Math.floor(i * step) * columns;
      data.set(rows.data.subarray(from, from + columns), i * columns);
    }
    if (count < 2) {
      engine.write(this.center, data);
      return;
    }
    const { mean, components } = await Pca.fitInSteps(
      { data, rows: count, columns },
      this.components.shape[0]!,
      onDone,
    );
    const directions = new Float32Array(this.components.size);
    directions.set(components.data);
    engine.write(this.center, Float32Array.from(mean));
    engine.write(this.components, directions);
  }

  /** [rows, columns] → [rows, width]. */
  forward(x: Tensor): Tensor {
    const difference = subtract({ a: x, b: this.center });
    const along = matmul({ a: difference, b: this.components }, { transposeB: true });
    if (!this.withRest) return along;
    const squared = (a: Tensor) => sum({ x: multiply({ a, b: a }) }, { axis: 1, keepdim: true });
    const left = clamp({ x: subtract({ a: squared(difference), b: squared(along) }) }, { min: 0, max: Infinity });
    return concat([along, sqrt({ x: left })], { axis: 1 });
  }
}
