import { binary } from "../../kernels/elementwise/binary.ts";
import { heteroscedastic } from "../../kernels/loss/heteroscedastic.ts";
import { huber, meanAbsoluteError, meanSquaredError, type PointwiseLossOptions } from "../../kernels/loss/pointwise.ts";
import type { LossReduction } from "../../kernels/loss/reduction.ts";
import type { Launcher } from "../../kernels/launcher.ts";
import { copyColumns } from "../../kernels/shape/copy_columns.ts";
import { scaleBy } from "../../kernels/elementwise/scale_by.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type Op, op } from "../autograd.ts";
import { expectShape, shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";

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

/** A loss whose kernel gives the value and the gradient in one pass; `columns` of the prediction make one sample. */
function fusedLoss<O extends LossSettings = LossSettings>(
  name: string,
  columns: number,
  launch: Launch<O>,
): Op<LossInputs, O> {
  return op(name, {
    forward(
      { prediction, target, weight }: LossInputs,
      options: O,
      save: (gradient: Tensor) => void,
    ) {
      const { engine } = prediction;
      const { reduction = "mean" } = options;
      const count = prediction.size / columns;
      if (columns > 1 && prediction.shape.at(-1) !== columns) {
        throw new ShapeError(
          `${name}: a prediction [..., ${columns}] is expected, found ${shapeText(prediction.shape)}.`,
        );
      }
      if (target.size !== count) {
        throw new ShapeError(`${name}: ${count} predictions stand against ${target.size} targets.`);
      }
      if (weight) expectShape(name, "weight", weight, target.shape);
      const loss = engine.empty(reduction === "none" ? target.shape : []);
      const gradient = engine.empty(prediction.shape);
      launch(engine.stream, {
        ...options,
        prediction: prediction.slice,
        target: target.slice,
        weight: weight?.slice,
        reduction,
        loss: loss.slice,
        gradient: gradient.slice,
        count,
      });
      save(gradient);
      return loss;
    },
    backward({ options: { reduction = "mean" }, saved: gradient }, dy) {
      const { engine } = gradient;
      return {
        prediction() {
          const dx = engine.empty(gradient.shape);
          const count = gradient.size;
          if (reduction !== "none") {
            scaleBy(engine.stream, { x: gradient.slice, scalar: dy.slice, y: dx.slice, count });
          } else {
            const upstream = columns === 1 ? dy : repeatColumns(dy, columns);
            binary(engine.stream, "multiply", { a: gradient.slice, b: upstream.slice, y: dx.slice, count });
          }
          return dx;
        },
      };
    },
  });
}

/** [rows] → [rows, columns], each number side by side. */
function repeatColumns(x: Tensor, columns: number): Tensor {
  const y = x.engine.full([x.size, columns], 0);
  for (let column = 0; column < columns; column++) {
    copyColumns(x.engine.stream, {
      source: x.slice,
      destination: y.slice,
      rows: x.size,
      width: 1,
      sourceColumns: 1,
      destinationColumns: columns,
      destinationFrom: column,
    });
  }
  return y;
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
export const huberLoss: Op<LossInputs, HuberSettings> = fusedLoss<HuberSettings>("huber_loss", 1, huber);

/**
 * (mean - target)² / (exp(v) + 1e-6) + v, with the mean in column 0 of the prediction [..., 2] and the log-variance v,
 * clamped to ±10, in column 1.
 *
 * @see Nix, Weigend, "Estimating the mean and variance of the target probability distribution" (1994)
 */
export const heteroscedasticLoss: Op<LossInputs, LossSettings> = fusedLoss("heteroscedastic_loss", 2, heteroscedastic);
