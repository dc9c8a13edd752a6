// Sums of e^(x - greatest) along the middle axis of x [outer, size, inner], put before softmax.wgsl and log_sum_exp.wgsl,
// after exponential_sums.wgsl.

@group(0) @binding(0) var<storage, read> x: array<f32>;

fn exponentials(first: u32, stride: u32) -> Exponentials {
  var best = 0u;
  var greatest = x[first];
  for (var k = 1u; k < uniforms.size; k += 1u) {
    let value = x[first + k * stride];
    if (value > greatest) {
      best = k;
      greatest = value;
    }
  }
  if ((bitcast<u32>(greatest) & 0x7f800000u) == 0x7f800000u) {
    greatest = 0.0;
  }
  var rest = 0.0;
  for (var k = 0u; k < uniforms.size; k += 1u) {
    if (k != best) {
      rest += exponential(x[first + k * stride] - greatest);
    }
  }
  return Exponentials(greatest, rest, exponential(x[first + best * stride] - greatest));
}
