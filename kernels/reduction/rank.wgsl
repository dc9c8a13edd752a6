// The order of floats in whole numbers, put before shaders that look for great elements.

// Whole numbers in the order of the floats, NaN last, since drivers turn comparisons with NaN round. -0 equals 0.
fn rank(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return 0xffffffffu;
  }
  return select(bits | 0x80000000u, ~bits, bits > 0x80000000u);
}
