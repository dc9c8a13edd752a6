import type { Tensor, TensorEngine } from "./tensors/tensor.ts";

/**
 * Small results of many steps (losses, norms), kept on the GPU and read back together, since each read waits for all
 * work that was sent.
 */
export class ScalarLog {
  #rows: Tensor[][] = [];

  /** Makes an empty log. */
  constructor(readonly engine: TensorEngine) {}

  /** Rows that were not read yet. */
  get length(): number {
    return this.#rows.length;
  }

  /** Keeps the results of one step; call it inside the step. The tensors may be freed afterwards. */
  push(...results: Tensor[]): void {
    // Shares the memory with the step's tensors and outlives their scope.
    this.#rows.push(results.map((result) => result.keep()));
  }

  /** Reads and forgets all rows: for each step, the elements of each of its results. */
  async read(): Promise<Float32Array[][]> {
    const rows = this.#rows.splice(0);
    try {
      const values = await this.engine.read(rows.flat());
      let at = 0;
      return rows.map((row) => row.map(() => values[at++]!));
    } finally {
      for (const tensor of rows.flat()) tensor.dispose();
    }
  }

  /** Frees what was not read. */
  dispose(): void {
    for (const tensor of this.#rows.splice(0).flat()) tensor.dispose();
  }
}
