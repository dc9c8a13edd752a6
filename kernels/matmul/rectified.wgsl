// The end of a matmul shader without an activation, or with a rectifier. Belongs to product.wgsl.

override has_relu: bool;

fn activated(at: u32, value: Element) -> Element {
  if (!has_relu) {
    return value;
  }
  // Negative numbers, by their bits: a comparison would take NaN for one on some drivers.
  return select(value, Element(), bitcast<Words>(value) - Words(0x80000000u) <= Words(0x7f800000u));
}
