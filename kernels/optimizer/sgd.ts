import code from "./sgd.wgsl" with { type: "text" };
import statusCode from "./status.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { MetrogradError } from "../errors.ts";
import { type BufferSlice, elementGrid, type Launcher } from "../launcher.ts";

/** Settings of stochastic gradient descent. */
export interface SgdSettings {
  /** Size of a step. */
  readonly learningRate: number;
  /** Share of the velocity kept from step to step; 0 by default. */
  readonly momentum?: number;
  /** Share of the gradient that the velocity does not take up, but for the first step; 0 by default. */
  readonly dampening?: number;
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
  /** Running sum of gradients, zero at first; needed for momentum. */
  readonly velocity?: BufferSlice | undefined;
  /** Written by `gradientNorm`: clips the gradient, or keeps an unusable one from doing harm. */
  readonly status: BufferSlice;
  /** Number of elements. */
  readonly count: number;
  /** Number of this step, from 1; it matters with dampening only. */
  readonly step?: number;
}

const kernels = [[0, 0], [1, 0], [1, 1]].map(([accelerated, nesterov]) =>
  defineElementWidths({
    label: nesterov ? "sgd.nesterov" : accelerated ? "sgd.momentum" : "sgd",
    code: `${statusCode}\n${code}`,
    bindings: { parameter: "update", gradient: "read", velocity: "update", status: "read" },
    uniforms: { count: "u32", learning_rate: "f32", momentum: "f32", share: "f32", decay: "f32" },
    constants: { accelerated: accelerated!, nesterov: nesterov! },
  })
);

/**
 * One step of stochastic gradient descent on a flat range of parameters, with PyTorch's momentum.
 *
 * @throws MetrogradError when momentum has no velocity, or Nesterov's form no momentum or a dampening
 * @see Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep learning" (2013)
 */
export function sgd(launcher: Launcher, options: SgdOptions): void {
  const { parameter, gradient, velocity, status, count, learningRate, step = 1 } = options;
  const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
  if (momentum !== 0 && !velocity) throw new MetrogradError("sgd: momentum needs a velocity.");
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new MetrogradError("sgd: Nesterov's form needs a momentum, and no dampening.");
  }
  const { kernel, width } = chooseWidth(kernels[nesterov ? 2 : momentum !== 0 ? 1 : 0]!, count);
  const unused = launcher.scratch(16);
  launcher.dispatch(
    kernel,
    { parameter, gradient, velocity: velocity ?? unused, status },
    {
      count: count / width,
      learning_rate: learningRate,
      momentum,
      share: step === 1 ? 1 : 1 - dampening,
      decay: weightDecay,
    },
    elementGrid(count / width),
  );
  launcher.release(unused);
}
