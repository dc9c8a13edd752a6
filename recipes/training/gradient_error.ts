import { MetrogradError } from "../../kernels/errors.ts";

/** What is known of a gradient that is NaN or infinite. */
export interface GradientFault {
  /** Path of the first parameter whose gradient it is. */
  readonly parameter: string;
  /** Counted from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** What the loss was multiplied by; null for nothing. */
  readonly scale: number | null;
  /** What the first tensor of the step is that is not finite; absent where it was not looked for. */
  readonly tensor?: string | null;
}

/** A gradient that is NaN or infinite. */
export class GradientError extends MetrogradError {
  constructor(readonly fault: GradientFault) {
    const { parameter, step, learningRate, scale, tensor } = fault;
    const however = scale === null ? "" : `, even of the loss x ${scale}`;
    const rate = Number(learningRate.toPrecision(3));
    const first = tensor ? ` The first tensor that is not finite is ${tensor}.` : "";
    super(`${parameter}: the gradient is not finite at step ${step}${however} (learning rate ${rate}).${first}`);
  }
}
