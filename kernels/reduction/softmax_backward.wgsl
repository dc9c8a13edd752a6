// Gradient of softmax along the middle axis from its output, dx = y (dy - sum of y dy), or of its logarithm,
// dx = dy - e^y sum of dy. One invocation a sum.

struct Uniforms {
  outer: u32,
  size: u32,
  inner: u32,
}

override logarithm: bool;

@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

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
  let end = first + uniforms.size * stride;
  var sum = 0.0;
  if (logarithm) {
    for (var at = first; at < end; at += stride) {
      sum += dy[at];
    }
    for (var at = first; at < end; at += stride) {
      dx[at] = dy[at] - exp(y[at]) * sum;
    }
  } else {
    for (var at = first; at < end; at += stride) {
      sum += y[at] * dy[at];
    }
    for (var at = first; at < end; at += stride) {
      dx[at] = y[at] * (dy[at] - sum);
    }
  }
}
