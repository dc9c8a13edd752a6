import { op } from "../autograd.ts";
import type { Shape, Tensor } from "../tensor.ts";

/** The same elements in another shape, in the same memory. @throws ShapeError when the number of elements differs */
export const reshape = op("reshape", {
  forward: ({ x }: { x: Tensor }, shape: Shape) => x.detach(shape),
  backward: ({ inputs: { x } }, dy) => ({ x: () => dy.detach(x.shape) }),
});
