import { layerNorm as launch } from "../../kernels/normalization/layer_norm.ts";
import {
  layerNormBackwardInput,
  layerNormBackwardParameters,
} from "../../kernels/normalization/layer_norm_backward.ts";
import { type Op, op } from "../autograd.ts";
import { expectRows, expectShape, lastAxis } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { probability } from "./dropout.ts";

/** Inputs of `layerNorm`. */
export interface LayerNormInputs {
  /** [..., columns] */
  readonly x: Tensor;
  /** [columns] */
  readonly weight?: Tensor | undefined;
  /** [columns]; only with a weight, which may stand alone. */
  readonly bias?: Tensor | undefined;
}

/** Options of `layerNorm`. */
export interface LayerNormOptions {
  /** Added to the variance; 1e-5 by default. */
  readonly eps?: number;
  /** Negative results become 0. */
  readonly relu?: boolean;
  /** Probability of a dropout after the rectifier; 0 by default. */
  readonly dropout?: number;
}

/**
 * Layer normalisation over the last axis, with the biased variance: y = (x - mean) / sqrt(variance + eps) weight + bias;
 * with `relu`, the rectifier follows in the same pass, and with `dropout` a dropout of that probability after it.
 *
 * `x` [..., columns], `weight` and `bias` [columns], the bias only with a weight → the shape of x.
 *
 * @throws ShapeError when weight or bias have another size
 * @see Ba, Kiros, Hinton, "Layer normalization" (2016)
 */
export const layerNorm: Op<LayerNormInputs, LayerNormOptions> = op("layer_norm", {
  settings: { eps: { from: 0 }, dropout: probability },
  forward(
    { x, weight, bias }: LayerNormInputs,
    { eps = 1e-5, relu = false, dropout = 0 }: LayerNormOptions,
    save: (statistics: Tensor) => void,
  ) {
    const { rows, columns } = lastAxis(x);
    for (const [name, tensor] of Object.entries({ weight, bias })) {
      if (!tensor) continue;
      if (tensor.shape.length !== 1) expectShape("layer_norm", name, tensor, [columns]);
      expectRows("layer_norm", "x", x, { name, shape: tensor.shape, rows: tensor.size });
    }
    const { engine } = x;
    const y = engine.empty(x.shape);
    const statistics = engine.empty([rows, 2]);
    launch(engine.stream, {
      x: x.slice,
      weight: weight?.slice,
      bias: (bias ?? (weight && engine.full([columns], 0)))?.slice,
      y: y.slice,
      statistics: statistics.slice,
      rows,
      columns,
      epsilon: eps,
      relu,
      dropout: dropout > 0 ? { probability: dropout, draw: engine.random.next() } : undefined,
    });
    save(statistics);
    return y;
  },
  backward({ inputs: { x, weight }, output, options: { relu, dropout = 0 }, saved: statistics }, dy) {
    const { engine } = x;
    const { rows, columns } = lastAxis(x);
    const given = {
      x: x.slice,
      statistics: statistics.slice,
      reluOutput: relu ? output.slice : undefined,
      dropoutProbability: dropout,
      dy: dy.slice,
      rows,
      columns,
    };
    let dbias: Tensor | undefined;
    return {
      x() {
        const dx = engine.empty(x.shape);
        layerNormBackwardInput(engine.stream, { ...given, weight: weight?.slice, dx: dx.slice });
        return dx;
      },
      weight: parameters,
      bias() {
        if (!dbias) parameters();
        return dbias!;
      },
    };

    // One launch gives the gradients of both.
    function parameters(): Tensor {
      const dweight = engine.empty([columns]);
      dbias = engine.empty([columns]);
      layerNormBackwardParameters(engine.stream, { ...given, dweight: dweight.slice, dbias: dbias.slice });
      return dweight;
    }
  },
});
