import { type Tensor, tensorsIn } from "./tensor.ts";

/** The scopes that are open, innermost last, each with the tensors made in it. */
export class Scopes {
  readonly #open: Set<Tensor>[] = [];

  /** Puts a new tensor under the innermost scope, if any is open. */
  adopt<T extends Tensor>(tensor: T): T {
    this.#open.at(-1)?.add(tensor);
    return tensor;
  }

  /** Runs `body` in a scope of its own; what it returns goes to the scope around it, all else is freed. */
  run<T>(body: () => T): T {
    const made = new Set<Tensor>();
    this.#open.push(made);
    let kept: T | undefined;
    try {
      kept = body();
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
