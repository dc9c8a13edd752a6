import type { Engine } from "../../engine/engine.ts";
import type { Tensor } from "../../engine/tensors/tensor.ts";
import type { BufferSlice } from "../../kernels/launcher.ts";
import type { Case, Checked } from "../case.ts";
import type { ElementsOperation } from "../peers/work.ts";
import { uniform } from "./numbers.ts";

export const million = 1 << 20;

/** Numbers on the GPU, with what they were at first. */
export interface Operand {
  readonly tensor: Tensor;
  readonly slice: BufferSlice;
  /** Before any round. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** A launch, and what it leaves after a first round beside its reference. */
export interface Work {
  readonly round: () => void;
  readonly outputs: () => readonly Checked[];
}

type Prepare = (engine: Engine, numbers: (count: number, zero?: "zero") => Operand) => Work;

/**
 * A case that is bound by memory: `words` numbers of four bytes are read or written a round.
 *
 * @param prepare makes the operands with `numbers` (uniform, or 0 where `zero`) and returns the launch
 */
export function memoryCase(name: string, words: number, prepare: Prepare): Case {
  return { name, bytes: 4 * words, prepare: (engine) => preparedWith(engine, prepare) };
}

/** A case of a matrix of 1024 x 1024 that peers can do as well. */
export function sharedCase(operation: ElementsOperation, words: number, prepare: Prepare): Case {
  const shared = { kind: "elements", operation, rows: 1024, columns: 1024 } as const;
  return { ...memoryCase(`${operation} 1024x1024`, words, prepare), shared };
}

/** Work whose operands are freed with it. */
export function preparedWith(engine: Engine, prepare: Prepare) {
  const made: Tensor[] = [];
  const work = prepare(engine, (count, zero) => {
    const values = zero ? new Float32Array(count) : repeated(count, made.length + 1);
    const tensor = engine.tensor([count], values);
    made.push(tensor);
    return { tensor, slice: tensor.slice, values };
  });
  return { ...work, dispose: () => made.forEach((tensor) => tensor.dispose()) };
}

/** Uniform numbers, those of the first million again and again. */
function repeated(count: number, seed: number): Float32Array<ArrayBuffer> {
  const drawn = uniform(Math.min(count, million), seed), values = new Float32Array(count);
  for (let at = 0; at < count; at += drawn.length) values.set(drawn.subarray(0, count - at), at);
  return values;
}
