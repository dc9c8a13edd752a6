import { scaleBy } from "../../kernels/elementwise/scale_by.ts";
import type { Shape } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { combine } from "./broadcast.ts";

/**
 * What a function of rows sends back: its gradient for rows [..., columns], times what came from above, which is one
 * number for all rows or one for each.
 */
export function rowGradient(gradient: Tensor, dy: Tensor): Tensor {
  if (dy.shape.length > 0) return combine("multiply", gradient, dy.detach([...dy.shape, 1]));
  const dx = gradient.engine.empty(gradient.shape);
  scaleBy(dx.engine.stream, { x: gradient.slice, scalar: dy.slice, y: dx.slice, count: dx.size });
  return dx;
}

/** The shape of one number for each row. */
export function rowShape(x: Tensor): Shape {
  return x.shape.slice(0, -1);
}
