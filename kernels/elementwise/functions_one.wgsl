// f(x) and f'(x) of functions.wgsl for an `Element` of one number, put after it.

fn values_of(x: f32, low: f32, high: f32) -> f32 {
  return value_or_nan(x, low, high);
}

fn derivatives_of(x: f32, low: f32, high: f32) -> f32 {
  return derivative_of(x, low, high);
}
