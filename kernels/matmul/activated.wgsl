// The end of a matmul shader with an activation of elementwise/functions.wgsl, which keeps the sums themselves where the
// gradient will need them: C = f(sums). Belongs to product.wgsl.

@group(0) @binding(4) var<storage, read_write> sums: array<Element>;

fn activated(at: u32, value: Element) -> Element {
  if (uniforms.keeps_sums != 0u) {
    sums[at] = value;
  }
  return values_of(value, 0.0, 0.0);
}
