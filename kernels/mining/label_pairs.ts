import code from "./label_pairs.wgsl" with { type: "text" };
import { type BufferSlice, defineKernel, elementGrid, type Launcher } from "../launcher.ts";

/** Operands and sizes of `labelPairs`. */
export interface LabelPairsOptions {
  /** Words of 32 bits, [count]. */
  readonly label: BufferSlice;
  /** Output (f32), 1 for pairs of two rows with the same label, else 0, [count, count]. */
  readonly positive: BufferSlice;
  /** Output (f32), 1 for pairs of rows whose labels differ, else 0, [count, count]. */
  readonly negative: BufferSlice;
  /** Rows of the batch. */
  readonly count: number;
}

const kernel = defineKernel({
  label: "mining.label_pairs",
  code,
  bindings: { label: "read", positive: "write", negative: "write" },
  uniforms: { count: "u32" },
});

/** Which pairs of a batch's rows have the same label, and which have not. */
export function labelPairs(launcher: Launcher, { label, positive, negative, count }: LabelPairsOptions): void {
  launcher.dispatch(kernel, { label, positive, negative }, { count }, elementGrid(count * count));
}
