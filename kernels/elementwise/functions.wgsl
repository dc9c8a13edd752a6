// What functions of one variable and their derivatives are made of. value_of and derivative_of of one function follow: see
// functions.ts. Helpers come from stable.wgsl.

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

fn gelu_tanh_derivative(x: f32) -> f32 {
  let argument = gelu_tanh_argument(x);
  let slope = 1.5957691216 * (1.0 + 0.134145 * x * x);
  return sigmoid(argument) * (1.0 + x * slope * sigmoid(-argument));
}

// Drivers lose NaN in exp, log and clamp: it passes as it is.
fn value_or_nan(x: f32, low: f32, high: f32) -> f32 {
  return select(value_of(x, low, high), x, is_nan(x));
}
