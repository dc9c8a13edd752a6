import type { Shape } from "./storage.ts";
import { Tensor, type TensorEngine } from "./tensor.ts";

/**
 * A tensor that belongs to a model's state but has no gradient, such as a running mean. It lives until its owner disposes of
 * it, whatever scope it was made in.
 */
export class Buffer extends Tensor {
  /**
   * Puts first values on the GPU.
   *
   * @param data elements in row-major order, as many as the shape has
   */
  constructor(engine: TensorEngine, shape: Shape, data: Float32Array, name = "buffer") {
    super(engine, shape, engine.upload(data, shape, name), "f32", name);
  }
}
