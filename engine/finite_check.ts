import {
  gradientNorm,
  gradientStatusBytes,
  largestFloat,
  readGradientStatus,
} from "../kernels/optimizer/gradient_norm.ts";
import { Tensor, type TensorEngine } from "./tensors/tensor.ts";

/** A tensor that was looked at: what it is, and where the GPU notes what it finds. */
interface Look {
  readonly what: string;
  readonly shape: readonly number[];
  readonly status: Tensor;
}

/**
 * Looks at every tensor of a step, in the order in which they are computed, for the first that holds NaN or infinity. It
 * costs a launch and a few bytes a tensor, so that it is for a step that is known to go wrong: `engine.firstNonfinite`.
 */
export class FiniteCheck {
  readonly #engine: TensorEngine;
  readonly #looks: Look[] = [];
  readonly #leaves = new Set<Tensor>();

  /** Has looked at nothing yet. */
  constructor(engine: TensorEngine) {
    this.#engine = engine;
  }

  /** Looks at what an op was given from outside the tape, once each, and at what it returned. */
  forward(op: string, inputs: readonly (readonly [name: PropertyKey, tensor: Tensor])[], output: Tensor): void {
    for (const [name, tensor] of inputs) {
      if (this.#leaves.has(tensor) || (tensor.origin !== null && tensor.origin.inputs.length > 0)) continue;
      this.#leaves.add(tensor);
      if (tensor.origin) this.#look(tensor, `the parameter ${tensor.name}`);
      else this.#look(tensor, `${tensor.name === "tensor" ? String(name) : tensor.name}, an input of ${op}`);
    }
    this.#leaves.add(output);
    this.#look(output, `the output of ${op}`);
  }

  /** Looks at a gradient that an op's backward rule gave for one of its inputs. */
  backward(op: string, input: Tensor, gradient: Tensor): void {
    this.#look(gradient, `the gradient of ${input.name} in the backward pass of ${op}`);
  }

  /** What the first tensor is that is not finite, and where in it; null when all are. Frees what it needed. */
  async first(): Promise<string | null> {
    const looks = this.#looks.splice(0);
    try {
      const found = await this.#engine.read(looks.map(({ status }) => status));
      for (const [i, { what, shape }] of looks.entries()) {
        const { firstUnusable } = readGradientStatus(found[i]!);
        if (firstUnusable === null) continue;
        // A scalar has no places.
        return shape.length === 0
          ? what
          : `${what} [${shape.join(", ")}], from element ${placeOf(firstUnusable, shape)} on`;
      }
      return null;
    } finally {
      for (const { status } of looks) status.dispose();
    }
  }

  #look(tensor: Tensor, what: string): void {
    if (tensor.type !== "f32" || tensor.size === 0) return;
    const engine = this.#engine, { slices, shape, size } = tensor;
    const memory = engine.allocate(gradientStatusBytes, "finite check");
    const status = new Tensor(engine, [gradientStatusBytes / 4], memory, "f32", "finite check");
    const ranges = slices.map((gradient) => ({ gradient, count: slices.length === 1 ? size : gradient.size / 4 }));
    const asked = { ranges, status: status.slice, largest: largestFloat };
    gradientNorm(engine.stream, asked);
    this.#looks.push({ what, shape, status });
  }
}

/** Indices of an element along the axes. */
function placeOf(element: number, shape: readonly number[]): string {
  const place = shape.toReversed().map((size) => {
    const index = element % size;
    element = Math.floor(element / size);
    return index;
  });
  return `[${place.toReversed().join(", ")}]`;
}
