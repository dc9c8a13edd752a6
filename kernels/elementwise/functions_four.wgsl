// f(x) and f'(x) of functions.wgsl for an `Element` of four numbers, put after it.

fn values_of(x: vec4f, low: f32, high: f32) -> vec4f {
  return vec4f(
    value_or_nan(x.x, low, high), value_or_nan(x.y, low, high), value_or_nan(x.z, low, high),
    value_or_nan(x.w, low, high),
  );
}

fn derivatives_of(x: vec4f, low: f32, high: f32) -> vec4f {
  return vec4f(
    derivative_of(x.x, low, high), derivative_of(x.y, low, high), derivative_of(x.z, low, high),
    derivative_of(x.w, low, high),
  );
}
