// Norms along the middle axis of x [outer, size, inner], norm = sqrt(sum of x_k^2), and x / norm, the gradient of their
// sum, 0 where the norm is 0. One invocation a norm. Squares are taken of x over its greatest element, so that they stay in
// range.

struct Uniforms {
  outer: u32,
  size: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradient: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 8u + local;
  let stride = uniforms.inner;
  if (index >= uniforms.outer * stride) {
    return;
  }
  let first = (index / stride) * uniforms.size * stride + index % stride;
  let end = first + uniforms.size * stride;
  var greatest = 0.0;
  for (var at = first; at < end; at += stride) {
    greatest = max(greatest, abs(x[at]));
  }
  // 0 / 0 is left out, NaN is let in.
  let divisor = select(greatest, 1.0, greatest == 0.0);
  var squares = 0.0;
  for (var at = first; at < end; at += stride) {
    let part = x[at] / divisor;
    squares += part * part;
  }
  let root = sqrt(squares);
  norm[index] = divisor * root;
  let root_or_one = select(root, 1.0, squares == 0.0);
  for (var at = first; at < end; at += stride) {
    gradient[at] = (x[at] / divisor) / root_or_one;
  }
}
