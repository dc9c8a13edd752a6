import { gaussianNll } from "../../kernels/loss/gaussian_nll.ts";
import { heteroscedastic } from "../../kernels/loss/heteroscedastic.ts";
import { huber, meanAbsoluteError, meanSquaredError, type PointwiseLossOptions } from "../../kernels/loss/pointwise.ts";
import type { LossReduction } from "../../kernels/loss/reduction.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type Op, op } from "../autograd.ts";
import { expectShape, shapeText } from "../tensors/shapes.ts";
import type { Shape } from "../tensors/storage.ts";
import type { Tensor } from "../tensors/tensor.ts";
import { rowGradient } from "./row_gradient.ts";
import type { SettingRule } from "../../kernels/settings.ts";

/** Inputs of a loss. */
export interface LossInputs {
  /** One number a sample; two for the heteroscedastic loss. */
  readonly prediction: Tensor;
  /** Constant: no gradient flows to it. */
  readonly target: Tensor;
  /** Weights of the samples, one each; constant. The weighted mean divides by the number of samples. */
  readonly weight?: Tensor | undefined;
}

/** How per-sample losses come together: averaged over all of them, summed, or left as they are. */
export interface LossSettings {
  /** "mean" by default, which divides by the number of samples, whatever their weights. */
  readonly reduction?: LossReduction;
}

type Launch<O> = (launcher: Launcher, options: PointwiseLossOptions & O) => void;

/** The shape of a loss. @throws ShapeError when target or weights do not fit to the number of samples */
function lossShape(
  name: string,
  count: number,
  { target, weight }: { readonly target: Tensor; readonly weight?: Tensor | undefined },
  reduction: LossReduction | undefined,
): Shape {
  if (target.size !== count) {
    throw new ShapeError(`${name}: ${count} predictions stand against ${target.size} targets.`);
  }
  if (weight) expectShape(name, "weight", weight, target.shape);
  return reduction === "none" ? target.shape : [];
}

/** A loss's gradient for a prediction, of some numbers a sample, times what came from above. */
function sampleGradient(gradient: Tensor, dy: Tensor, columns = 1): Tensor {
  const upstream = dy.shape.length === 0 ? dy : dy.detach([dy.size]);
  return rowGradient(gradient.detach([gradient.size / columns, columns]), upstream).detach(gradient.shape);
}

/** A loss whose kernel gives the value and the gradient in one pass; `columns` of the prediction make one sample. */
function fusedLoss<O extends LossSettings = LossSettings>(
  name: string,
  columns: number,
  launch: Launch<O>,
  settings: { readonly [Name in keyof O]?: SettingRule } = {},
): Op<LossInputs, O> {
  return op(name, {
    settings,
    forward(
      { prediction, target, weight }: LossInputs,
      options: O,
      save: (gradient: Tensor) => void,
    ) {
      const { engine } = prediction;
      const count = prediction.size / columns;
      if (columns > 1 && prediction.shape.at(-1) !== columns) {
        throw new ShapeError(
          `${name}: a prediction [..., ${columns}] is expected, found ${shapeText(prediction.shape)}.`,
        );
      }
      const loss = engine.empty(lossShape(name, count, { target, weight }, options.reduction));
      const gradient = engine.empty(prediction.shape);
      launch(engine.stream, {
        ...options,
        prediction: prediction.slice,
        target: target.slice,
        weight: weight?.slice,
        loss: loss.slice,
        gradient: gradient.slice,
        count,
      });
      save(gradient);
      return loss;
    },
    backward: ({ saved: gradient }, dy) => ({ prediction: () => sampleGradient(gradient, dy, columns) }),
  });
}

/** (prediction - target)², of as many elements as there are targets. */
export const mseLoss: Op<LossInputs, LossSettings> = fusedLoss("mse_loss", 1, meanSquaredError);

/** |prediction - target|, of as many elements as there are targets. */
export const l1Loss: Op<LossInputs, LossSettings> = fusedLoss("l1_loss", 1, meanAbsoluteError);

/** Settings of `huberLoss`. */
export interface HuberSettings extends LossSettings {
  /** Where the loss turns from squared to linear; 1 by default. */
  readonly delta?: number;
}

/** Huber's loss: squared up to `delta`, linear beyond. */
export const huberLoss: Op<LossInputs, HuberSettings> = fusedLoss<HuberSettings>("huber_loss", 1, huber, {
  delta: { above: 0, infinite: true },
});

/**
 * (mean - target)² / (exp(v) + 1e-6) + v, with the mean in column 0 of the prediction [..., 2] and the log-variance v,
 * clamped to ±10, in column 1.
 *
 * @see Nix, Weigend, "Estimating the mean and variance of the target probability distribution" (1994)
 */
export const heteroscedasticLoss: Op<LossInputs, LossSettings> = fusedLoss("heteroscedastic_loss", 2, heteroscedastic);

/** Inputs of `gaussianNllLoss`. */
export interface GaussianNllInputs {
  /** Any shape. */
  readonly mean: Tensor;
  /** In the shape of `mean`. */
  readonly variance: Tensor;
  /** As many as there are means; constant. */
  readonly target: Tensor;
  /** Weights of the samples, in the shape of `target`; constant. */
  readonly weight?: Tensor | undefined;
}

/** Settings of `gaussianNllLoss`. */
export interface GaussianNllSettings extends LossSettings {
  /** The least variance; 1e-6 by default. The gradient passes this bound, as in PyTorch. */
  readonly eps?: number;
}

/**
 * (log variance + (mean - target)² / variance) / 2: the negative log-likelihood of a normal distribution, up to a constant.
 *
 * @throws ShapeError when the inputs do not fit together
 * @see Nix, Weigend, "Estimating the mean and variance of the target probability distribution" (1994)
 */
export const gaussianNllLoss: Op<GaussianNllInputs, GaussianNllSettings> = op("gaussian_nll_loss", {
  settings: { eps: { from: 0 } },
  forward(
    { mean, variance, target, weight }: GaussianNllInputs,
    { reduction = "mean", eps = 1e-6 }: GaussianNllSettings,
    save: (gradients: { readonly mean: Tensor; readonly variance: Tensor }) => void,
  ) {
    const { engine, shape } = mean;
    expectShape("gaussian_nll_loss", "variance", variance, shape);
    const loss = engine.empty(lossShape("gaussian_nll_loss", mean.size, { target, weight }, reduction));
    const gradients = { mean: engine.empty(shape), variance: engine.empty(shape) };
    gaussianNll(engine.stream, {
      mean: mean.slice,
      variance: variance.slice,
      target: target.slice,
      weight: weight?.slice,
      reduction,
      loss: loss.slice,
      meanGradient: gradients.mean.slice,
      varianceGradient: gradients.variance.slice,
      count: mean.size,
      epsilon: eps,
    });
    save(gradients);
    return loss;
  },
  backward: ({ saved: gradients }, dy) => ({
    mean: () => sampleGradient(gradients.mean, dy),
    variance: () => sampleGradient(gradients.variance, dy),
  }),
});
