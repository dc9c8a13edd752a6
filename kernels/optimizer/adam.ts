import code from "./adam.wgsl" with { type: "text" };
import statusCode from "./status.wgsl" with { type: "text" };
import { chooseWidth, defineElementWidths } from "../element_width.ts";
import { type BufferSlice, elementGrid, type Launcher } from "../launcher.ts";

/** Settings of Adam and AdamW. */
export interface AdamSettings {
  /** Size of a step. */
  readonly learningRate: number;
  /** What the running means of the gradient and of its square keep at each step; [0.9, 0.999] by default. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the mean square; 1e-8 by default. */
  readonly epsilon?: number;
  /** Strength of the pull of parameters towards 0; 0 by default. */
  readonly weightDecay?: number;
  /** True for AdamW: weight decay shrinks the parameter; else it is added to the gradient. */
  readonly decoupled?: boolean;
}

/** Operands of one step; all are flat and have `count` elements, except the status. */
export interface AdamOptions extends AdamSettings {
  /** Values, updated in place, [count]. */
  readonly parameter: BufferSlice;
  /** Their gradient, [count]. */
  readonly gradient: BufferSlice;
  /** Running mean of the gradient, zero at first. */
  readonly firstMoment: BufferSlice;
  /** Running mean of the squared gradient, zero at first. */
  readonly secondMoment: BufferSlice;
  /** Greatest running mean of the squared gradient, zero at first; its presence makes the step one of AMSGrad. */
  readonly greatestMoment?: BufferSlice | undefined;
  /** Written by `gradientNorm`: clips the gradient, or keeps an unusable one from doing harm. */
  readonly status: BufferSlice;
  /** Number of elements. */
  readonly count: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

const kernels = [0, 1, 2, 3].map((bits) =>
  defineElementWidths({
    label: `adam${bits & 1 ? "w" : ""}${bits & 2 ? ".amsgrad" : ""}`,
    code: `${statusCode}\n${code}`,
    bindings: {
      parameter: "update",
      gradient: "read",
      firstMoment: "update",
      secondMoment: "update",
      greatestMoment: "update",
      status: "read",
    },
    uniforms: {
      count: "u32",
      step_size: "f32",
      root_correction: "f32",
      epsilon: "f32",
      beta1_complement: "f32",
      beta2: "f32",
      beta2_complement: "f32",
      decay: "f32",
    },
    constants: { decoupled: bits & 1, amsgrad: bits >> 1 },
  })
);

/**
 * One step of Adam or AdamW on a flat range of parameters.
 *
 * @see Kingma, Ba, "Adam" (2015); Loshchilov, Hutter, "Decoupled weight decay regularization" (2019); Reddi, Kale, Kumar,
 * "On the convergence of Adam and beyond" (2018)
 */
export function adam(launcher: Launcher, options: AdamOptions): void {
  const { parameter, gradient, firstMoment, secondMoment, greatestMoment, status, count, step, learningRate } = options;
  const { betas: [beta1, beta2] = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0, decoupled = false } = options;
  const { kernel, width } = chooseWidth(kernels[Number(decoupled) + (greatestMoment ? 2 : 0)]!, count);
  const unused = launcher.scratch(16);
  launcher.dispatch(
    kernel,
    { parameter, gradient, firstMoment, secondMoment, greatestMoment: greatestMoment ?? unused, status },
    {
      count: count / width,
      step_size: learningRate / (1 - beta1 ** step),
      root_correction: 1 / Math.sqrt(1 - beta2 ** step),
      epsilon,
      beta1_complement: 1 - beta1,
      beta2,
      beta2_complement: 1 - beta2,
      decay: decoupled ? learningRate * weightDecay : weightDecay,
    },
    elementGrid(count / width),
  );
  launcher.release(unused);
}
