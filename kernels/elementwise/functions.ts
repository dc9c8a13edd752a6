import functionsCode from "./functions.wgsl" with { type: "text" };

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
  /** f(x); the bounds are of use where it has some. */
  value(x: number, low: number, high: number): number;
  /** f'(x). */
  derivative(x: number, low: number, high: number): number;
}

/** All that is to be said of a function of one variable. */
export interface FunctionRow extends UnaryReference {
  /** What it is, for the documentation. */
  readonly formula: string;
  /** Its value in WGSL: an expression of `x`, where it has bounds of `low` and `high` too, and of the helpers in functions.wgsl. */
  readonly wgsl: string;
  /** Its derivative in WGSL, of the same. */
  readonly wgslDerivative: string;
  /** Where it is to be tested: for numbers above 0, or for any; the latter by default. */
  readonly domain?: "positive";
}

/** The functions of one variable. Their kernels, ops, tests and the table in the documentation follow from these rows. */
export const elementwiseFunctions = {
  square: {
    formula: "x²",
    wgsl: "x * x",
    wgslDerivative: "2.0 * x",
    value: (x: number): number => x * x,
    derivative: (x: number): number => 2 * x,
  },
  abs: {
    formula: "|x|; its slope at 0 is 0",
    wgsl: "abs(x)",
    wgslDerivative: "sign(x)",
    value: (x: number): number => Math.abs(x),
    derivative: (x: number): number => Math.sign(x),
  },
  exp: {
    formula: "eˣ",
    wgsl: "exp(x)",
    wgslDerivative: "exp(x)",
    value: (x: number): number => Math.exp(x),
    derivative: (x: number): number => Math.exp(x),
  },
  log: {
    formula: "natural logarithm",
    wgsl: "log(x)",
    wgslDerivative: "1.0 / x",
    value: (x: number): number => Math.log(x),
    derivative: (x: number): number => 1 / x,
    domain: "positive",
  },
  sqrt: {
    formula: "√x",
    wgsl: "sqrt(x)",
    wgslDerivative: "0.5 / sqrt(x)",
    value: (x: number): number => Math.sqrt(x),
    derivative: (x: number): number => 0.5 / Math.sqrt(x),
    domain: "positive",
  },
  tanh: {
    formula: "hyperbolic tangent",
    wgsl: "hyperbolic_tangent(x)",
    wgslDerivative: "4.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x)",
    value: (x: number): number => Math.tanh(x),
    derivative: (x: number): number => 1 / Math.cosh(x) ** 2,
  },
  sigmoid: {
    formula: "1 / (1 + e⁻ˣ)",
    wgsl: "sigmoid(x)",
    wgslDerivative: "sigmoid(x) * sigmoid(-x)",
    value: (x: number): number => sigmoid(x),
    derivative: (x: number): number => sigmoid(x) * sigmoid(-x),
  },
  softplus: {
    formula: "log(1 + eˣ)",
    wgsl: "rectified(x) + log_one_plus(exp(-abs(x)))",
    wgslDerivative: "sigmoid(x)",
    value: (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    derivative: (x: number): number => sigmoid(x),
  },
  // https://arxiv.org/abs/1606.08415
  gelu: {
    formula: "x Φ(x), with Φ the distribution function of the normal distribution",
    wgsl: "x * normal_distribution(x)",
    wgslDerivative: "normal_distribution(x) + x * normal_density(x)",
    value: (x: number): number => x * normalDistribution(x),
    derivative: (x: number): number => normalDistribution(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI),
  },
  gelu_tanh: {
    formula: "the usual approximation of `gelu` by tanh",
    wgsl: "x * sigmoid(gelu_tanh_argument(x))",
    wgslDerivative: "gelu_tanh_derivative(x)",
    value: (x: number): number => x * sigmoid(geluArgument(x)),
    derivative: (x: number): number => {
      const s = sigmoid(geluArgument(x));
      return s + x * s * sigmoid(-geluArgument(x)) * geluArgumentSlope(x);
    },
  },
  silu: {
    formula: "x / (1 + e⁻ˣ)",
    wgsl: "x * sigmoid(x)",
    wgslDerivative: "sigmoid(x) * (1.0 + x * sigmoid(-x))",
    value: (x: number): number => x * sigmoid(x),
    derivative: (x: number): number => sigmoid(x) * (1 + x * sigmoid(-x)),
  },
  relu: {
    formula: "max(x, 0); its slope at 0 is 0",
    wgsl: "rectified(x)",
    wgslDerivative: "select(0.0, 1.0, x > 0.0)",
    value: (x: number): number => Math.max(x, 0),
    derivative: (x: number): number => x > 0 ? 1 : 0,
  },
  clamp: {
    formula: "x, but no less than `low` and no more than `high`; its slope is 1 at the bounds",
    wgsl: "clamp(x, low, high)",
    wgslDerivative: "select(0.0, 1.0, x >= low && x <= high)",
    value: (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high),
    derivative: (x: number, low: number, high: number): number => x >= low && x <= high ? 1 : 0,
  },
  step: {
    formula: "1 above 0, else 0; its slope is 0",
    wgsl: "select(0.0, 1.0, x > 0.0)",
    wgslDerivative: "0.0",
    value: (x: number): number => x > 0 ? 1 : 0,
    derivative: (): number => 0,
  },
} as const satisfies Readonly<Record<string, FunctionRow>>;

/** A function of one variable. */
export type UnaryFunction = keyof typeof elementwiseFunctions;

/** A function of one variable without settings. */
export type PlainFunction = Exclude<UnaryFunction, "gelu" | "gelu_tanh" | "clamp">;

/** Names of the functions of one variable. */
export const unaryFunctions = Object.keys(elementwiseFunctions) as readonly UnaryFunction[];

/** What a shader that applies a function needs: its value and its derivative, and what they are made of. */
export function functionCode(row: FunctionRow): string {
  return `${functionsCode}\n${rowCode(row)}`;
}

/** The value and the derivative of a row. */
export function rowCode({ wgsl, wgslDerivative }: FunctionRow): string {
  return `fn value_of(x: f32, low: f32, high: f32) -> f32 {
  return ${wgsl};
}

fn derivative_of(x: f32, low: f32, high: f32) -> f32 {
  return ${wgslDerivative};
}
`;
}
