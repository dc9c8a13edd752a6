// f(c) of one number, by f = activation of activated.wgsl.
fn each(value: f32) -> f32 {
  return activation(value);
}
