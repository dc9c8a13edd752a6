import code from "./sgd.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, elementGrid, type Launcher } from "../launcher.ts";

/** Settings of stochastic gradient descent. */
export interface SgdSettings {
  /** Size of a step. */
  readonly learningRate: number;
  /** Share of the velocity kept from step to step; 0 by default. */
  readonly momentum?: number;
  /** True for Nesterov's momentum, which looks one step ahead. */
  readonly nesterov?: boolean;
  /** L2: added to the gradient. */
  readonly weightDecay?: number;
}

/** Operands of one step; all are flat and have `count` elements, except the status. */
export interface SgdOptions extends SgdSettings {
  /** Values, updated in place, [count]. */
  readonly parameter: BufferSlice;
  /** Their gradient, [count]. */
  readonly gradient: BufferSlice;
  /** Running sum of gradients, zero at first. */
  readonly velocity: BufferSlice;
  /** Written by `gradientNorm`: clips the gradient, or keeps an unusable one from doing harm. */
  readonly status: BufferSlice;
  /** Number of elements. */
  readonly count: number;
}

const kernels = [0, 1].map((nesterov) =>
  defineElementWidths({
    label: nesterov ? "sgd.nesterov" : "sgd",
    code,
    bindings: { parameter: "write", gradient: "read", velocity: "write", status: "read" },
    uniforms: { count: "u32", learning_rate: "f32", momentum: "f32", decay: "f32" },
    constants: { nesterov },
  })
);

/**
 * One step of stochastic gradient descent on a flat range of parameters, with PyTorch's momentum.
 *
 * @see Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep learning" (2013)
 */
export function sgd(launcher: Launcher, options: SgdOptions): void {
  const { parameter, gradient, velocity, status, count, learningRate } = options;
  const { momentum = 0, nesterov = false, weightDecay = 0 } = options;
  const { kernel, width } = chooseWidth(kernels[nesterov ? 1 : 0]!, count);
  launcher.dispatch(
    kernel,
    { parameter, gradient, velocity, status },
    { count: count / width, learning_rate: learningRate, momentum, decay: weightDecay },
    elementGrid(count / width),
  );
}
