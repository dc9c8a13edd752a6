import code from "./adagrad.wgsl" with { type: "text" };
import statusCode from "./status.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, elementGrid, type Launcher } from "../launcher.ts";

/** Settings of Adagrad. */
export interface AdagradSettings {
  /** Size of a step. */
  readonly learningRate: number;
  /** The rate of step t is learningRate / (1 + (t - 1) learningRateDecay); 0 by default. */
  readonly learningRateDecay?: number;
  /** Added to the root of the sum; 1e-10 by default. */
  readonly epsilon?: number;
  /** L2: added to the gradient. */
  readonly weightDecay?: number;
}

/** Operands of one step; all are flat and have `count` elements, except the status. */
export interface AdagradOptions extends AdagradSettings {
  /** Values, updated in place, [count]. */
  readonly parameter: BufferSlice;
  /** Their gradient, [count]. */
  readonly gradient: BufferSlice;
  /** Sum of squared gradients, zero (or more) at first. */
  readonly squareSum: BufferSlice;
  /** Written by `gradientNorm`: clips the gradient, or keeps an unusable one from doing harm. */
  readonly status: BufferSlice;
  /** Number of elements. */
  readonly count: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

const kernels = defineElementWidths({
  label: "adagrad",
  code: `${statusCode}\n${code}`,
  bindings: { parameter: "update", gradient: "read", squareSum: "update", status: "read" },
  uniforms: { count: "u32", learning_rate: "f32", epsilon: "f32", decay: "f32" },
});

/**
 * One step of Adagrad on a flat range of parameters.
 *
 * @see Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic optimization" (2011)
 */
export function adagrad(launcher: Launcher, options: AdagradOptions): void {
  const { parameter, gradient, squareSum, status, count, step, learningRate } = options;
  const { learningRateDecay = 0, epsilon = 1e-10, weightDecay = 0 } = options;
  const { kernel, width } = chooseWidth(kernels, count);
  launcher.dispatch(
    kernel,
    { parameter, gradient, squareSum, status },
    {
      count: count / width,
      learning_rate: learningRate / (1 + (step - 1) * learningRateDecay),
      epsilon,
      decay: weightDecay,
    },
    elementGrid(count / width),
  );
}
