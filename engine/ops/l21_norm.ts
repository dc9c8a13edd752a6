import { l21Norm as launch } from "../../kernels/loss/l21_norm.ts";
import { axisView } from "../../kernels/reduction/axis.ts";
import { type Op, op } from "../autograd.ts";
import type { Tensor } from "../tensors/tensor.ts";
import type { ReductionInputs } from "./reductions.ts";
import { rowGradient } from "./row_gradient.ts";

/** What `l21Norm` takes norms along. */
export interface L21NormOptions {
  /** Counted from the last where negative; -1 by default, which gives the norms of a matrix's rows. */
  readonly axis?: number;
}

/**
 * The l2,1 norm, the sum of the Euclidean norms along an axis: any shape → []. As a penalty it drives whole rows (or columns)
 * to 0. A row of zeros has gradient 0.
 *
 * @throws ShapeError when there is no such axis
 * @see Yuan, Lin, "Model selection and estimation in regression with grouped variables" (2006)
 */
export const l21Norm: Op<ReductionInputs, L21NormOptions> = op("l21_norm", {
  forward({ x }: ReductionInputs, { axis = -1 }: L21NormOptions, save: (gradient: Tensor) => void) {
    const { engine } = x;
    const loss = engine.empty([]), gradient = engine.empty(x.shape);
    launch(engine.stream, { x: x.slice, loss: loss.slice, gradient: gradient.slice, ...axisView(x.shape, axis) });
    save(gradient);
    return loss;
  },
  backward: ({ saved: gradient }, dy) => ({ x: () => rowGradient(gradient, dy) }),
});
