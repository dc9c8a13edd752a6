import { embedding } from "../ops/embedding.ts";
import { Parameter } from "../tensors/parameter.ts";
import { expectSizes } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { Module, type ModuleOptions } from "./module.ts";

/** A learned table of rows, looked up by index; standard normal at first, as in PyTorch. */
export class Embedding extends Module {
  /** The table, [rows, columns]. */
  readonly weight: Parameter;

  /**
   * Draws the table.
   *
   * @param options.draw false to leave the values as the memory is: they are loaded next
   */
  constructor(
    { engine, random }: ModuleOptions,
    rows: number,
    columns: number,
    { draw = true }: { draw?: boolean } = {},
  ) {
    super();
    expectSizes("Embedding", [rows, columns]);
    const values = draw
      ? Float32Array.from({ length: rows * columns }, () => random.normal())
      : engine.allocateFor([rows, columns], "parameter");
    this.weight = new Parameter(engine, [rows, columns], values);
  }

  /** `index` [...] → [..., columns]. */
  forward(index: Tensor): Tensor {
    return embedding({ weight: this.weight, index });
  }
}
