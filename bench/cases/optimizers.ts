import { adagrad } from "../../kernels/optimizer/adagrad.ts";
import { adam } from "../../kernels/optimizer/adam.ts";
import { gradientNorm, gradientStatusBytes } from "../../kernels/optimizer/gradient_norm.ts";
import {
  adagradReference,
  adamReference,
  gradientNormReference,
  rmspropReference,
  sgdReference,
} from "../../kernels/optimizer/optimizer.ref.ts";
import { rmsprop } from "../../kernels/optimizer/rmsprop.ts";
import { sgd } from "../../kernels/optimizer/sgd.ts";
import type { Case } from "../case.ts";
import { memoryCase, million } from "./memory_case.ts";

const learningRate = 1e-3;

/** The update alone: the gradient's norm is measured once, before. */
const adamStep = (millions: number) =>
  memoryCase(`adam ${millions}M`, 7 * millions * million, (engine, numbers) => {
    const count = millions * million, parameter = numbers(count), gradient = numbers(count);
    const firstMoment = numbers(count, "zero"), secondMoment = numbers(count, "zero");
    const status = numbers(gradientStatusBytes / 4, "zero").slice;
    gradientNorm(engine.stream, { ranges: [{ gradient: gradient.slice, count }], status });
    const operands = {
      ...{ parameter: parameter.slice, gradient: gradient.slice, status },
      ...{ firstMoment: firstMoment.slice, secondMoment: secondMoment.slice },
    };
    return {
      round: () => adam(engine.stream, { ...operands, count, step: 1, learningRate }),
      outputs() {
        const expected = Float64Array.from(parameter.values), first = new Float64Array(count), second = first.slice();
        adamReference(expected, gradient.values, { first, second }, 1, { learningRate });
        return [
          { found: parameter.tensor, expected },
          { found: firstMoment.tensor, expected: first },
          { found: secondMoment.tensor, expected: second },
        ];
      },
    };
  });

/** Optimisers that keep one number an element: a step of each in float64, which changes the parameter and that number. */
const references = {
  adagrad: (parameter: Float64Array, gradient: Float32Array, state: Float64Array) =>
    adagradReference(parameter, gradient, state, 1, { learningRate }),
  rmsprop(parameter: Float64Array, gradient: Float32Array, square: Float64Array) {
    const [mean, velocity] = [square.slice(), square.slice()];
    rmspropReference(parameter, gradient, { square, mean: mean!, velocity: velocity! }, { learningRate });
  },
  sgd: (parameter: Float64Array, gradient: Float32Array, state: Float64Array) =>
    sgdReference(parameter, gradient, state, { learningRate, momentum: 0.9 }),
};

const otherSteps = Object.entries({ adagrad, rmsprop, sgd }).map(([name, step]) =>
  memoryCase(`${name} 1M`, 5 * million, (engine, numbers) => {
    const count = million, parameter = numbers(count), gradient = numbers(count), state = numbers(count, "zero");
    const status = numbers(gradientStatusBytes / 4, "zero").slice;
    gradientNorm(engine.stream, { ranges: [{ gradient: gradient.slice, count }], status });
    const { slice } = state, momentum = name === "sgd" ? 0.9 : 0;
    const states = { squareSum: slice, meanSquare: slice, velocity: slice, momentum };
    const operands = { parameter: parameter.slice, gradient: gradient.slice, status, count, step: 1, learningRate };
    return {
      round: () => step(engine.stream, { ...operands, ...states }),
      outputs() {
        const expected = Float64Array.from(parameter.values), kept = new Float64Array(count);
        references[name as keyof typeof references](expected, gradient.values, kept);
        return [{ found: parameter.tensor, expected }, { found: state.tensor, expected: kept }];
      },
    };
  })
);

const norm = memoryCase("gradient norm 10M", 10 * million, (engine, numbers) => {
  const gradient = numbers(10 * million), status = numbers(gradientStatusBytes / 4, "zero"), count = 10 * million;
  return {
    round: () =>
      gradientNorm(engine.stream, { ranges: [{ gradient: gradient.slice, count }], status: status.slice, maxNorm: 1 }),
    outputs() {
      const { norm, coefficient } = gradientNormReference(gradient.values, 1);
      return [{ found: status.tensor, expected: [norm, coefficient] }];
    },
  };
});

/** Updates of parameters, and the norm that clips them. */
export const optimizerCases: readonly Case[] = [norm, adamStep(1), adamStep(10), ...otherSteps];
