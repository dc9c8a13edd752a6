import { halfBytes, toHalf } from "../kernels/elementwise/half.ts";
import { Tensor } from "./tensors/tensor.ts";

/**
 * Copies in f16 of what products read inside `engine.autocast`: one of each tensor, however many products read it. They live
 * until the block ends, or as long as the backward pass needs them.
 */
export class HalfCopies {
  readonly #copies = new Map<Tensor, Tensor>();

  /** The copy of a tensor of f32; it stays this object's. */
  of(source: Tensor): Tensor {
    let copy = this.#copies.get(source);
    if (!copy) {
      const { engine, shape, size, name } = source;
      copy = new Tensor(engine, shape, engine.allocate(halfBytes(size), `${name} in f16`), "f16", name);
      toHalf(engine.stream, { x: source.slice, y: copy.slice, count: size });
      this.#copies.set(source, copy);
    }
    return copy;
  }

  /** Gives the copies back that nothing on the tape holds. */
  dispose(): void {
    for (const copy of this.#copies.values()) copy.dispose();
    this.#copies.clear();
  }
}

/** A tensor as a product reads it: its copy in f16 inside `engine.autocast`, else the tensor itself. */
export function operand(tensor: Tensor): Tensor {
  const { halves } = tensor.engine;
  return halves && tensor.type === "f32" ? halves.of(tensor).detach() : tensor;
}
