import { batchNorm as launch, type BatchNormSizes, batchStatistics } from "../../kernels/normalization/batch_norm.ts";
import {
  batchNormBackwardInput,
  batchNormBackwardParameters,
} from "../../kernels/normalization/batch_norm_backward.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type Op, op } from "../autograd.ts";
import { sameShape, shapeText } from "../tensors/shapes.ts";
import { elementCount } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { probability } from "./dropout.ts";

/** Inputs of `batchNorm`. */
export interface BatchNormInputs {
  /** [batch, channels] or [batch, channels, length] */
  readonly x: Tensor;
  /** [channels]; both or neither of weight and bias. */
  readonly weight?: Tensor | undefined;
  /** [channels] */
  readonly bias?: Tensor | undefined;
  /** [channels]; changed in place while training. */
  readonly runningMean: Tensor;
  /** [channels]; changed in place while training. */
  readonly runningVar: Tensor;
}

/** Options of `batchNorm`. */
export interface BatchNormOptions {
  /** True to normalise by the batch and move the running statistics; false to normalise by these. */
  readonly training: boolean;
  /** Share of the batch in the running statistics; 0.1 by default. */
  readonly momentum?: number;
  /** Added to the variance; 1e-5 by default. */
  readonly eps?: number;
  /** Negative results become 0. */
  readonly relu?: boolean;
  /** Probability of a dropout after the rectifier; 0 by default. */
  readonly dropout?: number;
}

/** Statistics that the forward run normalised by. */
interface Statistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Batch normalisation of each channel: y = (x - mean) / sqrt(variance + eps) weight + bias, with mean and biased variance
 * of the batch while training, else with the running ones; with `relu`, the rectifier follows in the same pass, and with
 * `dropout` a dropout of that probability after it. The running variance follows the unbiased one. A batch that holds a NaN
 * or an infinity leaves the running statistics as they are.
 *
 * `x` [batch, channels] or [batch, channels, length], all else [channels] → the shape of x.
 *
 * @throws ShapeError when x has no channels or a size does not fit
 * @throws MetrogradError when a channel has only one element while training
 * @see Ioffe, Szegedy, "Batch normalization" (2015)
 */
export const batchNorm: Op<BatchNormInputs, BatchNormOptions> = op("batch_norm", {
  settings: { momentum: { from: 0, to: 1 }, eps: { from: 0 }, dropout: probability },
  forward(
    { x, weight, bias, runningMean, runningVar }: BatchNormInputs,
    { training, momentum = 0.1, eps = 1e-5, relu = false, dropout = 0 }: BatchNormOptions,
    save: (statistics: Statistics) => void,
  ) {
    const { engine } = x;
    const sizes = sizesOf(x);
    for (const [name, tensor] of Object.entries({ weight, bias, runningMean, runningVar })) {
      if (!tensor || sameShape(tensor.shape, [sizes.channels])) continue;
      throw new ShapeError(
        `batch_norm: x is ${shapeText(x.shape)}, of ${sizes.channels} channels, but ${name} is ${
          shapeText(tensor.shape)
        }.`,
      );
    }
    let [mean, variance] = [runningMean, runningVar];
    if (training) {
      [mean, variance] = [engine.empty([sizes.channels]), engine.empty([sizes.channels])];
      batchStatistics(engine.stream, {
        ...sizes,
        x: x.slice,
        mean: mean.slice,
        variance: variance.slice,
        runningMean: runningMean.slice,
        runningVariance: runningVar.slice,
        momentum,
      });
    }
    save({ mean, variance });
    const y = engine.empty(x.shape);
    launch(engine.stream, {
      ...sizes,
      x: x.slice,
      mean: mean.slice,
      variance: variance.slice,
      weight: weight?.slice,
      bias: bias?.slice,
      y: y.slice,
      epsilon: eps,
      relu,
      dropout: dropout > 0 ? { probability: dropout, draw: engine.random.next() } : undefined,
    });
    return y;
  },
  backward({ inputs: { x, weight }, output, options, saved: { mean, variance } }, dy) {
    const { engine } = x;
    const { training, eps = 1e-5, relu, dropout = 0 } = options;
    const sizes = sizesOf(x);
    const given = {
      ...sizes,
      x: x.slice,
      mean: mean.slice,
      variance: variance.slice,
      epsilon: eps,
      reluOutput: relu ? output.slice : undefined,
      dropoutProbability: dropout,
      dy: dy.slice,
    };
    let known: { dweight: Tensor; dbias: Tensor } | undefined;
    return {
      x() {
        const dx = engine.empty(x.shape);
        const { dweight, dbias } = training ? sums() : {};
        batchNormBackwardInput(engine.stream, {
          ...given,
          weight: weight?.slice,
          sums: dweight && dbias && { dweight: dweight.slice, dbias: dbias.slice },
          dx: dx.slice,
        });
        return dx;
      },
      weight: () => sums().dweight,
      bias: () => sums().dbias,
    };

    // One launch gives the gradients of both, which are what the gradient of x needs too.
    function sums(): { dweight: Tensor; dbias: Tensor } {
      if (known) return known;
      known = { dweight: engine.empty([sizes.channels]), dbias: engine.empty([sizes.channels]) };
      batchNormBackwardParameters(engine.stream, {
        ...given,
        dweight: known.dweight.slice,
        dbias: known.dbias.slice,
      });
      return known;
    }
  },
});

function sizesOf(x: Tensor): BatchNormSizes {
  const [batch, channels, ...rest] = x.shape;
  if (channels === undefined) {
    throw new ShapeError(`batch_norm: [batch, channels, ...] is expected, but x is ${shapeText(x.shape)}.`);
  }
  return { batch: batch!, channels, inner: elementCount(rest) };
}
