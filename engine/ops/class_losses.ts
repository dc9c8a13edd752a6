import { ordinal } from "../../kernels/loss/ordinal.ts";
import { type ClassLossOptions, crossEntropy, focal, hybrid } from "../../kernels/loss/softmax_loss.ts";
import type { BufferSlice, Launcher } from "../../kernels/launcher.ts";
import { ShapeError } from "../../kernels/errors.ts";
import { type Op, op } from "../autograd.ts";
import { expectBelow, expectShape, lastAxis } from "../tensors/shapes.ts";
import type { Tensor } from "../tensors/tensor.ts";
import type { LossSettings } from "./losses.ts";
import { rowGradient, rowShape } from "./row_gradient.ts";
import type { SettingRule } from "../../kernels/settings.ts";

/** Inputs of a loss of classes. */
export interface ClassLossInputs {
  /** [..., classes] */
  readonly logits: Tensor;
  /** The classes, u32 [...], each less than the number of logits; another that a kernel computed gives a loss of NaN. */
  readonly target: Tensor;
  /** Weights of the samples, [...]; constant. The weighted mean divides by the number of samples. */
  readonly weight?: Tensor | undefined;
}

/** Inputs of `hybridLoss`. */
export interface HybridLossInputs extends ClassLossInputs {
  /** What the expected class should be, [...]; constant. */
  readonly score: Tensor;
}

/** Settings of `focalLoss`. */
export interface FocalSettings extends LossSettings {
  /** How much less a sample counts that is predicted well; 2 by default. */
  readonly gamma?: number;
  /** Factor on the loss; 1 by default. */
  readonly alpha?: number;
}

/** Settings of `hybridLoss`. */
export interface HybridSettings extends LossSettings {
  /** Factor on the squared error of the expected class; 0.1 by default. */
  readonly lambda?: number;
}

/** A loss of logits whose kernel gives the value and the gradient in one pass. */
function classLoss<O extends LossSettings>(
  name: string,
  launch: (launcher: Launcher, options: ClassLossOptions & { score: BufferSlice } & O) => void,
  settings: { readonly [Name in keyof O]?: SettingRule } = {},
): Op<ClassLossInputs & Partial<HybridLossInputs>, O> {
  return op(name, {
    settings,
    u32: ["target"],
    forward(
      { logits, target, score = target, weight }: ClassLossInputs & Partial<HybridLossInputs>,
      options: O,
      save: (gradient: Tensor) => void,
    ) {
      const { engine } = logits;
      const { rows: count, columns: classes } = lastAxis(logits);
      if (classes === 0) throw new ShapeError(`${name}: logits of at least one class are needed.`);
      for (const [input, tensor] of Object.entries({ target, score, weight })) {
        if (tensor) expectShape(name, input, tensor, rowShape(logits));
      }
      if (target.type !== "u32") {
        throw new ShapeError(`${name}: the target holds ${target.type}; classes are indices (engine.indices).`);
      }
      expectBelow(name, "target", target, classes, "the logits stand for classes");
      const loss = engine.empty(options.reduction === "none" ? rowShape(logits) : []);
      const gradient = engine.empty(logits.shape);
      launch(engine.stream, {
        ...options,
        logits: logits.slice,
        target: target.slice,
        score: score.slice,
        weight: weight?.slice,
        loss: loss.slice,
        gradient: gradient.slice,
        count,
        classes,
      });
      save(gradient);
      return loss;
    },
    backward: ({ saved: gradient }, dy) => ({ logits: () => rowGradient(gradient, dy) }),
  });
}

/**
 * Cross-entropy of logits and classes, -log softmax(logits) at the target.
 *
 * @throws ShapeError when the inputs do not fit together or a class is known to be none of the logits'
 */
export const crossEntropyLoss: Op<ClassLossInputs, LossSettings> = classLoss("cross_entropy_loss", crossEntropy);

/**
 * alpha (1 - p)^gamma ce, with the cross-entropy ce and p = exp(-ce): samples that are predicted well count less.
 *
 * @throws ShapeError when the inputs do not fit together or a class is known to be none of the logits'
 * @see Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection" (2017)
 */
export const focalLoss: Op<ClassLossInputs, FocalSettings> = classLoss<FocalSettings>("focal_loss", focal, {
  gamma: { from: 0 },
});

/**
 * Cross-entropy + lambda (E - score)², with the expected class E = Σ k softmax(logits)_k, k from 0: far classes cost more.
 *
 * @throws ShapeError when the inputs do not fit together or a class is known to be none of the logits'
 */
export const hybridLoss: Op<HybridLossInputs, HybridSettings> = classLoss<HybridSettings>("hybrid_loss", hybrid);

/**
 * Ordinal loss: the mean over the logits of the binary cross-entropy of sigmoid(logit k), read as the probability of a class
 * up to k, with 1 for k >= target, else 0. `expectedScoreCumulative` turns such logits into scores.
 *
 * @throws ShapeError when the inputs do not fit together or a class is known to be none of the logits'
 * @see Cheng, Wang, Pollastri, "A neural network approach to ordinal regression" (2008)
 */
export const ordinalLoss: Op<ClassLossInputs, LossSettings> = classLoss("ordinal_loss", ordinal);
