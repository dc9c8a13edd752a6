// Functions of one variable and their derivatives, put before unary.wgsl and unary_backward.wgsl. `operation` picks one;
// the others are dropped when the shader is compiled. Helpers come from stable.wgsl.

override operation: u32;

const SQUARE = 0u;
const ABS = 1u;
const EXP = 2u;
const LOG = 3u;
const SQRT = 4u;
const TANH = 5u;
const SIGMOID = 6u;
const SOFTPLUS = 7u;
const GELU = 8u;
const GELU_TANH = 9u;
const SILU = 10u;
const RELU = 11u;
const CLAMP = 12u;

// max(x, 0) that lets NaN pass. By bits, since drivers turn comparisons round: -0 and below, up to -infinity.
fn rectified(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return select(x, 0.0, bits >= 0x80000000u && bits <= 0xff800000u);
}

// By a series near 0, where the exponentials would cancel.
fn hyperbolic_tangent(x: f32) -> f32 {
  let square = x * x;
  let series = x * (1.0 + square * (-1.0 / 3.0 + square * (2.0 / 15.0 + square * (-17.0 / 315.0 + square * (62.0 / 2835.0)))));
  let small = exp(-2.0 * abs(x));
  return select(sign(x) * (1.0 - small) / (1.0 + small), series, abs(x) < 0.25);
}

// Distribution function of the normal distribution, its smaller tail without cancellation; absolute error under 1e-7.
// Abramowitz, Stegun, "Handbook of Mathematical Functions", 7.1.26.
fn normal_distribution(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * 0.70710678 * abs(x));
  let polynomial =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let tail = 0.5 * polynomial * exp(-0.5 * x * x);
  return select(1.0 - tail, tail, x < 0.0);
}

fn normal_density(x: f32) -> f32 {
  return 0.3989422804 * exp(-0.5 * x * x);
}

// Twice the argument of the tanh in GELU's approximation, whose (1 + tanh(u)) / 2 is sigmoid(2 u).
fn gelu_tanh_argument(x: f32) -> f32 {
  return 1.5957691216 * x * (1.0 + 0.044715 * x * x);
}

fn value_of(x: f32, low: f32, high: f32) -> f32 {
  switch operation {
    case SQUARE: {
      return x * x;
    }
    case ABS: {
      return abs(x);
    }
    case EXP: {
      return exp(x);
    }
    case LOG: {
      return log(x);
    }
    case SQRT: {
      return sqrt(x);
    }
    case TANH: {
      return hyperbolic_tangent(x);
    }
    case SIGMOID: {
      return sigmoid(x);
    }
    case SOFTPLUS: {
      return rectified(x) + log_one_plus(exp(-abs(x)));
    }
    case GELU: {
      return x * normal_distribution(x);
    }
    case GELU_TANH: {
      return x * sigmoid(gelu_tanh_argument(x));
    }
    case SILU: {
      return x * sigmoid(x);
    }
    case RELU: {
      return rectified(x);
    }
    case CLAMP: {
      return clamp(x, low, high);
    }
    default: {
      return 0.0;
    }
  }
}

// Drivers lose NaN in exp, log and clamp: it passes as it is.
fn value_or_nan(x: f32, low: f32, high: f32) -> f32 {
  return select(value_of(x, low, high), x, is_nan(x));
}

fn derivative_of(x: f32, low: f32, high: f32) -> f32 {
  switch operation {
    case SQUARE: {
      return 2.0 * x;
    }
    case ABS: {
      return sign(x);
    }
    case EXP: {
      return exp(x);
    }
    case LOG: {
      return 1.0 / x;
    }
    case SQRT: {
      return 0.5 / sqrt(x);
    }
    case TANH: {
      return 4.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x);
    }
    case SIGMOID: {
      return sigmoid(x) * sigmoid(-x);
    }
    case SOFTPLUS: {
      return sigmoid(x);
    }
    case GELU: {
      return normal_distribution(x) + x * normal_density(x);
    }
    case GELU_TANH: {
      let argument = gelu_tanh_argument(x);
      let slope = 1.5957691216 * (1.0 + 0.134145 * x * x);
      return sigmoid(argument) * (1.0 + x * slope * sigmoid(-argument));
    }
    case SILU: {
      return sigmoid(x) * (1.0 + x * sigmoid(-x));
    }
    case RELU: {
      return select(0.0, 1.0, x > 0.0);
    }
    case CLAMP: {
      return select(0.0, 1.0, x >= low && x <= high);
    }
    default: {
      return 0.0;
    }
  }
}
