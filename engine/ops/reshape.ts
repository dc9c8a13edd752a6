import { type Op, op } from "../autograd.ts";
import type { Shape } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** The same elements in another shape, in the same memory. @throws ShapeError when the number of elements differs */
export const reshape: Op<{ readonly x: Tensor }, { readonly shape: Shape }> = op("reshape", {
  u32: ["x"],
  f16: ["x"],
  forward: ({ x }: { readonly x: Tensor }, { shape }: { readonly shape: Shape }) => x.detach(shape),
  backward: ({ inputs: { x } }, dy) => ({ x: () => dy.detach(x.shape) }),
});
