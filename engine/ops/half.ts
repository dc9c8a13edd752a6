import { type ConversionOptions, toFloat, toHalf } from "../../kernels/elementwise/half.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { type Op, op } from "../autograd.ts";
import type { ElementType } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { ShapeError } from "../../kernels/errors.ts";

/** The input of a conversion. */
export interface ConversionInputs {
  /** Any shape; the result has the same. */
  readonly x: Tensor;
}

function conversion(
  name: string,
  from: ElementType,
  to: ElementType,
  launch: (launcher: Launcher, options: ConversionOptions) => void,
): Op<ConversionInputs> {
  return op(name, {
    f16: ["x"],
    forward({ x }: ConversionInputs) {
      if (x.type !== from) throw new ShapeError(`${name}: ${x.name} is ${x.type}, but ${from} is expected.`);
      const y = x.engine.empty(x.shape, to);
      launch(x.engine.stream, { x: x.slice, y: y.slice, count: x.size });
      return y;
    },
    // Gradients are f32 on both sides.
    backward: (_, dy) => ({ x: () => dy.detach() }),
  });
}

/**
 * The same numbers stored as f16, for operands of `matmul` and `linear`: half the memory, 11 bits of precision, sizes up
 * to 65504 (beyond, infinite). Its gradient is f32.
 *
 * @throws ShapeError when x is not f32
 */
export const half: Op<ConversionInputs> = conversion("half", "f32", "f16", toHalf);

/** The same numbers stored as f32. @throws ShapeError when x is not f16 */
export const float: Op<ConversionInputs> = conversion("float", "f16", "f32", toFloat);
