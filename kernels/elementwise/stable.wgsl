// Helpers that hold for any size of x: exponents are never positive, small results do not cancel. Put before shaders that
// need them.

// By bits, since drivers turn comparisons with NaN round.
fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

// e^x that lets NaN pass.
fn exponential(x: f32) -> f32 {
  return select(exp(x), x, is_nan(x));
}

// log(1 + z) for z in 0 .. 1, as 2 artanh(z / (2 + z)): a driver's log may be rough near 1.
fn log_one_plus(z: f32) -> f32 {
  let ratio = z / (2.0 + z);
  let q = ratio * ratio;
  let tail = q * (1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0)));
  return 2.0 * ratio * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + tail))));
}

// log(1 + z) for any z of 0 or more.
fn log_of_one_and(z: f32) -> f32 {
  return select(log_one_plus(z), log(1.0 + z), z > 1.0);
}

fn sigmoid(x: f32) -> f32 {
  let small = exp(-abs(x));
  return select(1.0, small, x < 0.0) / (1.0 + small);
}
