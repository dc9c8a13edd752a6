import type { UnaryFunction } from "./unary.ts";

const sigmoid = (x: number) => x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));

/** Distribution function of the normal distribution: Marsaglia's series, with symmetry and the limits far out. */
function normalDistribution(x: number): number {
  if (Math.abs(x) > 8) return x < 0 ? 0 : 1;
  let term = x, sum = x;
  for (let n = 3; sum !== sum + term * x * x / n; n += 2) sum += term *= x * x / n;
  return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

const geluArgument = (x: number) => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const geluArgumentSlope = (x: number) => 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);

/** A function of one variable with its derivative, in float64. */
export interface UnaryReference {
  value(x: number, low: number, high: number): number;
  derivative(x: number, low: number, high: number): number;
}

/** The functions that `unary` knows. */
export const unaryReferences: Readonly<Record<UnaryFunction, UnaryReference>> = {
  square: { value: (x) => x * x, derivative: (x) => 2 * x },
  abs: { value: Math.abs, derivative: Math.sign },
  exp: { value: Math.exp, derivative: Math.exp },
  log: { value: Math.log, derivative: (x) => 1 / x },
  sqrt: { value: Math.sqrt, derivative: (x) => 0.5 / Math.sqrt(x) },
  tanh: { value: Math.tanh, derivative: (x) => 1 / Math.cosh(x) ** 2 },
  sigmoid: { value: sigmoid, derivative: (x) => sigmoid(x) * sigmoid(-x) },
  softplus: { value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), derivative: sigmoid },
  // https://arxiv.org/abs/1606.08415
  gelu: {
    value: (x) => x * normalDistribution(x),
    derivative: (x) => normalDistribution(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI),
  },
  gelu_tanh: {
    value: (x) => x * sigmoid(geluArgument(x)),
    derivative(x) {
      const s = sigmoid(geluArgument(x));
      return s + x * s * sigmoid(-geluArgument(x)) * geluArgumentSlope(x);
    },
  },
  silu: { value: (x) => x * sigmoid(x), derivative: (x) => sigmoid(x) * (1 + x * sigmoid(-x)) },
  relu: { value: (x) => Math.max(x, 0), derivative: (x) => x > 0 ? 1 : 0 },
  clamp: {
    value: (x, low, high) => Math.min(Math.max(x, low), high),
    derivative: (x, low, high) => x >= low && x <= high ? 1 : 0,
  },
};
