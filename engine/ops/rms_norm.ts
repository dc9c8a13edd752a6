import {
  rmsNorm as launch,
  rmsNormBackwardInput,
  rmsNormBackwardWeight,
} from "../../kernels/normalization/rms_norm.ts";
import { type Op, op } from "../autograd.ts";
import { expectRows, lastAxis } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";

/** Inputs of `rmsNorm`. */
export interface RmsNormInputs {
  /** [..., columns] */
  readonly x: Tensor;
  /** [columns] */
  readonly weight: Tensor;
}

/** Options of `rmsNorm`. */
export interface RmsNormSettings {
  /** Added to the mean of squares; 1e-6 by default. */
  readonly eps?: number;
  /** Added to the weight: 1 where it is stored as its difference from 1, as in Gemma; 0 by default. */
  readonly shift?: number;
}

/**
 * Root-mean-square normalisation over the last axis: y = x / sqrt(mean(x²) + eps) (weight + shift).
 *
 * `x` [..., columns], `weight` [columns] → the shape of x.
 *
 * @throws ShapeError when the weight has another size
 * @see Zhang, Sennrich, "Root mean square layer normalization" (2019)
 */
export const rmsNorm: Op<RmsNormInputs, RmsNormSettings> = op("rms_norm", {
  settings: { eps: { from: 0 } },
  forward(
    { x, weight }: RmsNormInputs,
    { eps: epsilon = 1e-6, shift = 0 }: RmsNormSettings,
    save: (statistics: Tensor) => void,
  ) {
    const { engine } = x, { rows, columns } = lastAxis(x);
    expectRows("rms_norm", "x", x, { name: "weight", shape: weight.shape, rows: weight.size });
    const y = engine.empty(x.shape), statistics = engine.empty([rows, 2]);
    const slices = { x: x.slice, weight: weight.slice, y: y.slice, statistics: statistics.slice };
    launch(engine.stream, { ...slices, rows, columns, epsilon, shift });
    save(statistics);
    return y;
  },
  backward({ inputs: { x, weight }, options: { shift = 0 }, saved: statistics }, dy) {
    const given = { x: x.slice, statistics: statistics.slice, dy: dy.slice, ...lastAxis(x) };
    return {
      x() {
        const dx = x.engine.empty(x.shape);
        rmsNormBackwardInput(x.engine.stream, { ...given, weight: weight.slice, shift, dx: dx.slice });
        return dx;
      },
      weight(into) {
        const { tensor, accumulate } = into;
        rmsNormBackwardWeight(x.engine.stream, { ...given, dweight: tensor.slice, accumulate });
        return tensor;
      },
    };
  },
});
