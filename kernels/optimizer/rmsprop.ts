import code from "./rmsprop.wgsl" with { type: "text" };
import statusCode from "./status.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { MetrogradError } from "../errors.ts";
import { type BufferSlice, elementGrid, type Launcher } from "../launcher.ts";

/** Settings of RMSprop. */
export interface RmspropSettings {
  /** Size of a step. */
  readonly learningRate: number;
  /** What the running means keep at each step; 0.99 by default. */
  readonly alpha?: number;
  /** Added to the root; 1e-8 by default. */
  readonly epsilon?: number;
  /** Share of the velocity kept from step to step; 0 by default. */
  readonly momentum?: number;
  /** True to divide by the deviation of the gradients from their mean. */
  readonly centered?: boolean;
  /** L2: added to the gradient. */
  readonly weightDecay?: number;
}

/** Operands of one step; all are flat and have `count` elements, except the status. */
export interface RmspropOptions extends RmspropSettings {
  /** Values, updated in place, [count]. */
  readonly parameter: BufferSlice;
  /** Their gradient, [count]. */
  readonly gradient: BufferSlice;
  /** Running mean of the squared gradient, zero at first. */
  readonly meanSquare: BufferSlice;
  /** Running mean of the gradient, zero at first; needed where centered. */
  readonly mean?: BufferSlice | undefined;
  /** Running sum of steps, zero at first; needed for momentum. */
  readonly velocity?: BufferSlice | undefined;
  /** Written by `gradientNorm`: clips the gradient, or keeps an unusable one from doing harm. */
  readonly status: BufferSlice;
  /** Number of elements. */
  readonly count: number;
}

const kernels = [0, 1, 2, 3].map((bits) =>
  defineElementWidths({
    label: `rmsprop${bits & 1 ? ".centered" : ""}${bits & 2 ? ".momentum" : ""}`,
    code: `${statusCode}\n${code}`,
    bindings: {
      parameter: "update",
      gradient: "read",
      meanSquare: "update",
      mean: "update",
      velocity: "update",
      status: "read",
    },
    uniforms: {
      count: "u32",
      learning_rate: "f32",
      alpha: "f32",
      alpha_complement: "f32",
      epsilon: "f32",
      momentum: "f32",
      decay: "f32",
    },
    constants: { centered: bits & 1, accelerated: bits >> 1 },
  })
);

/**
 * One step of RMSprop on a flat range of parameters, with PyTorch's epsilon outside the root.
 *
 * @throws MetrogradError when the centered form has no mean, or momentum no velocity
 * @see Hinton, "Neural networks for machine learning", lecture 6e (2012)
 */
export function rmsprop(launcher: Launcher, options: RmspropOptions): void {
  const { parameter, gradient, meanSquare, mean, velocity, status, count, learningRate } = options;
  const { alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false, weightDecay = 0 } = options;
  if (centered && !mean) throw new MetrogradError("rmsprop: the centered form needs a running mean.");
  if (momentum !== 0 && !velocity) throw new MetrogradError("rmsprop: momentum needs a velocity.");
  const { kernel, width } = chooseWidth(kernels[Number(centered) + (momentum !== 0 ? 2 : 0)]!, count);
  const [unusedMean, unusedVelocity] = [launcher.scratch(16), launcher.scratch(16)];
  launcher.dispatch(
    kernel,
    { parameter, gradient, meanSquare, mean: mean ?? unusedMean, velocity: velocity ?? unusedVelocity, status },
    {
      count: count / width,
      learning_rate: learningRate,
      alpha,
      alpha_complement: 1 - alpha,
      epsilon,
      momentum,
      decay: weightDecay,
    },
    elementGrid(count / width),
  );
  launcher.release(unusedMean);
  launcher.release(unusedVelocity);
}
