import { UsageError } from "../kernels/errors.ts";
import { type Tensor, tensorsIn } from "./tensors/tensor.ts";

/** The scopes that are open, innermost last, each with the tensors made in it. */
export class Scopes {
  readonly #open: Set<Tensor>[] = [];

  /** Puts a new tensor under the innermost scope, if any is open. */
  adopt<T extends Tensor>(tensor: T): T {
    this.#open.at(-1)?.add(tensor);
    return tensor;
  }

  /**
   * Runs `body` in a scope of its own; what it returns goes to the scope around it, all else is freed.
   *
   * @param name what messages call the scope
   * @throws UsageError when the body returns a promise
   */
  run<T>(body: () => T, name = "engine.scope"): T {
    const made = new Set<Tensor>();
    this.#open.push(made);
    let kept: T | undefined;
    try {
      kept = body();
      if (isPromise(kept)) {
        // The message below says what to change; a later failure of the body has nobody to hear it.
        kept.then(undefined, () => {});
        throw new UsageError(
          `${name}: the body returned a promise, but a scope ends when its body returns; ` +
            "leave out async, and await what it returns outside.",
        );
      }
      return kept;
    } finally {
      this.#open.pop();
      for (const tensor of tensorsIn(kept)) {
        if (made.delete(tensor)) this.adopt(tensor);
      }
      for (const tensor of made) tensor.dispose();
    }
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
