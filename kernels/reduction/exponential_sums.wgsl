// What sums of exponentials, sum of e^(x - greatest), are made of. Put before exponentials.wgsl or exponentials_rows.wgsl,
// after stable.wgsl.

struct Uniforms {
  outer: u32,
  size: u32,
  inner: u32,
}

@group(1) @binding(0) var<uniform> uniforms: Uniforms;

struct Exponentials {
  // The greatest element, or 0 where that is infinite: x less it has no positive exponential but infinity's own.
  greatest: f32,
  // Sum of e^(x - greatest) over all but the first greatest element, in 0 .. size - 1, so that its own 1 hides nothing.
  rest: f32,
  // e^(x - greatest) of the first greatest element: 1, but for infinities and NaN.
  own: f32,
}

fn log_of_sum(sums: Exponentials) -> f32 {
  if (sums.own == 1.0) {
    return sums.greatest + select(log_of_one_and(sums.rest), sums.rest, is_nan(sums.rest));
  }
  let sum = sums.own + sums.rest;
  // Some drivers take the logarithm of 0 for that of the least number they have.
  return select(select(log(sum), -1.0 / sum, sum == 0.0), sum, is_nan(sum));
}
