import { leaf } from "./autograd.ts";
import type { Engine } from "./engine.ts";
import { type Shape, Storage, Tensor } from "./tensor.ts";

/**
 * A tensor that training changes. It lives until its owner disposes of it, whatever scope it was made in.
 *
 * An optimiser moves its parameters and their gradients into long buffers of its own, so that one launch updates all.
 */
export class Parameter extends Tensor {
  /** True when `grad` holds the gradient of the current step. */
  hasGrad = false;
  #grad: Tensor | null = null;

  /**
   * Puts first values on the GPU.
   *
   * @param data elements in row-major order, as many as the shape has
   */
  constructor(engine: Engine, shape: Shape, data: Float32Array, name = "parameter") {
    super(engine, shape, engine.upload(data, shape, name), "f32", name);
    this.origin = leaf;
  }

  /** The gradient's memory; it means something only while `hasGrad`. */
  get grad(): Tensor {
    return this.#grad ??= new Tensor(
      this.engine,
      this.shape,
      this.engine.allocate(this.size * 4, `gradient of ${this.name}`),
      "f32",
      `gradient of ${this.name}`,
    );
  }

  /** Forgets the gradient; the next one overwrites it. */
  zeroGrad(): void {
    this.hasGrad = false;
  }

  /** Replaces the elements. @throws ShapeError when their number differs */
  assign(data: Float32Array): void {
    this.engine.write(this, data);
  }

  /** Moves value and gradient to slices of an optimiser's buffers. The value is copied, the gradient is forgotten. */
  relocate(value: Storage, grad: Storage): void {
    this.engine.stream.copy(this.slice, value.slice, this.size * 4);
    this.moveTo(value);
    this.#grad?.dispose();
    this.#grad = new Tensor(this.engine, this.shape, grad, "f32", `gradient of ${this.name}`);
    this.hasGrad = false;
  }

  /** Gives value and gradient back. */
  override dispose(): void {
    this.#grad?.dispose();
    this.#grad = null;
    super.dispose();
  }
}
