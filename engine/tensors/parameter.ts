import { deliver } from "../autograd.ts";
import { FactoredGradient } from "./factored_gradient.ts";
import { type Shape, Storage } from "./storage.ts";
import { type GradientThunk, type Origin, Tensor, type TensorEngine } from "./tensor.ts";

/**
 * A tensor that training changes. It lives until its owner disposes of it, whatever scope it was made in.
 *
 * An optimiser moves its parameters and their gradients into long buffers of its own, so that one launch updates all.
 */
export class Parameter extends Tensor {
  /** True when `grad` holds the gradient of the current step. */
  hasGrad = false;
  /**
   * True where an op may leave factors of the gradient instead of the gradient (the weight of a bilinear form). Optimisers
   * then keep no memory for it.
   */
  readonly factored: boolean;
  #grad: Tensor | null = null;
  #factors: FactoredGradient | null = null;
  /** Marks the end of the backward pass. */
  readonly #leaf: Origin = {
    name: "parameter",
    inputs: [],
    backward: () => [],
    receive: (thunk, op) => this.#receive(thunk, op),
  };

  /**
   * Puts first values on the GPU.
   *
   * @param data elements in row-major order, as many as the shape has, or memory from `engine.allocateFor` that holds them
   */
  constructor(
    engine: TensorEngine,
    shape: Shape,
    data: Float32Array | Storage,
    name = "parameter",
    { factored = false }: { readonly factored?: boolean } = {},
  ) {
    super(engine, shape, data instanceof Storage ? data : engine.upload(data, shape, name), "f32", name);
    this.origin = this.#leaf;
    this.factored = factored;
  }

  /** Whether gradients flow to it. What is computed from frozen parameters alone is not on the tape. */
  set frozen(on: boolean) {
    this.origin = on ? null : this.#leaf;
  }

  /** False until it is set. */
  get frozen(): boolean {
    return this.origin === null;
  }

  /** The gradient; it means something only while `hasGrad`. Factors are multiplied out for whoever asks for it. */
  get grad(): Tensor {
    const name = `gradient of ${this.name}`;
    const grad = this.#grad ??= new Tensor(
      this.engine,
      this.shape,
      this.engine.allocateFor(this.shape, name),
      "f32",
      name,
    );
    if (this.#factors) {
      this.#factors.multiplyOut({ tensor: grad, accumulate: false });
      this.#dropFactors();
    }
    return grad;
  }

  /** Factors of the gradient of the current step, where that is how it is kept. */
  get factors(): FactoredGradient | null {
    return this.#factors;
  }

  /** Forgets the gradient; the next one overwrites it. */
  zeroGrad(): void {
    this.hasGrad = false;
    this.#dropFactors();
  }

  /** Replaces the elements. @throws ShapeError when their number differs */
  assign(data: Float32Array): void {
    this.engine.write(this, data);
  }

  /** Moves value and gradient to slices of an optimiser's buffers. The value is copied, the gradient is forgotten. */
  relocate(value: Storage, grad: Storage): void {
    this.engine.stream.copy(this.slice, value.slices[0]!, this.size * 4);
    this.moveTo(value);
    this.#grad?.dispose();
    this.#grad = new Tensor(this.engine, this.shape, grad, "f32", `gradient of ${this.name}`);
    this.hasGrad = false;
  }

  /** Gives value and gradient back. */
  override dispose(): void {
    this.#grad?.dispose();
    this.#grad = null;
    this.#dropFactors();
    super.dispose();
  }

  /** Takes a gradient: as factors where it comes as those and nothing else was added yet, else as a whole. */
  #receive(thunk: GradientThunk, op: string): void {
    if (thunk.factors && this.factored && (!this.hasGrad || this.#factors)) {
      this.#factors = new FactoredGradient(thunk.factors, this.#factors);
    } else {
      deliver(this.engine, thunk, { tensor: this.grad, accumulate: this.hasGrad });
      this.engine.finiteCheck?.backward(op, this, this.grad);
    }
    // A captured step that is repeated has the gradient, too.
    this.engine.stream.changing(() => this.hasGrad = true);
  }

  #dropFactors(): void {
    this.#factors?.dispose();
    this.#factors = null;
  }
}
