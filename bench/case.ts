import type { Engine } from "../engine/engine.ts";
import type { Tensor } from "../engine/tensors/tensor.ts";
import type { SharedWork } from "./peers/work.ts";

/** One benchmark: work of a known size that can be done again and again. */
export interface Case {
  readonly name: string;
  /** Floating-point operations of one round; a multiplication and an addition are two. */
  readonly flops?: number;
  /** Bytes that one round has to read and write. */
  readonly bytes?: number;
  /** Tokens of a round, for work that is counted in them. */
  readonly tokens?: number;
  /** The same work in a form that peers understand. */
  readonly shared?: SharedWork;
  /** The peers that can do it; `usualPeers` by default. */
  readonly peers?: readonly string[];
  /** Why there is no shared work on this machine although there could be, in a sentence. */
  readonly unshared?: string;
  /** True for work that is run only when it is named in full: it takes gigabytes, or not every adapter can do it. */
  readonly onlyByName?: boolean;
  /** Makes the operands; `round` records the work once, without waiting for it. */
  prepare(engine: Engine): PreparedCase | Promise<PreparedCase>;
}

/** An output of a kernel beside what its float64 reference says. */
export interface Checked {
  readonly found: Tensor;
  readonly expected: ArrayLike<number>;
  /** What its words are; f32 by default. */
  readonly as?: "f32" | "u32" | "f16";
}

export interface PreparedCase {
  round(): void | Promise<void>;
  /** The outputs of a first round; absent for work of many kernels, which have cases of their own. */
  outputs?(): readonly Checked[];
  /** The first row of the last round's result, where peers give theirs. */
  row?(): ArrayLike<number>;
  dispose(): void;
}
