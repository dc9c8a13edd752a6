// The end of a matmul shader with an activation of elementwise/functions.wgsl, which keeps the sums themselves where the
// gradient will need them. Belongs to product.wgsl; `each` comes from each_one.wgsl or each_four.wgsl.

@group(0) @binding(4) var<storage, read_write> sums: array<Element>;

fn activated(at: u32, value: Element) -> Element {
  if ((uniforms.flags & keeps_sums) != 0u) {
    sums[at] = value;
  }
  return each(value);
}

// Drivers lose NaN in exp: it passes as it is.
fn activation(x: f32) -> f32 {
  return select(value_of(x, 0.0, 0.0), x, is_nan(x));
}
