// Softmax along the middle axis by exponentials.wgsl, y = e^x / sum of e^x, or its logarithm. One invocation a sum.

@group(0) @binding(1) var<storage, read_write> y: array<f32>;

override logarithm: bool;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  let stride = uniforms.inner;
  if (index >= uniforms.outer * stride) {
    return;
  }
  let first = (index / stride) * uniforms.size * stride + index % stride;
  let sums = exponentials(first, stride);
  let end = first + uniforms.size * stride;
  if (logarithm) {
    let shift = sums.greatest;
    let log_sum = log_of_sum(Exponentials(0.0, sums.rest, sums.own));
    for (var at = first; at < end; at += stride) {
      y[at] = (x[at] - shift) - log_sum;
    }
  } else {
    let inverse = 1.0 / (sums.own + sums.rest);
    for (var at = first; at < end; at += stride) {
      y[at] = exponential(x[at] - sums.greatest) * inverse;
    }
  }
}
