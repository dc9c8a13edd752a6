// Gradient of softmax of rows from its output, dx = y (dy - sum of y dy), or of its logarithm, dx = dy - e^y sum of dy,
// four numbers at a time. One invocation a row, whose size is a multiple of four.

struct Uniforms {
  outer: u32,
  size: u32,
  inner: u32,
}

override logarithm: bool;

@group(0) @binding(0) var<storage, read> y: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * 8u + local;
  if (row >= uniforms.outer) {
    return;
  }
  let first = row * (uniforms.size / 4u);
  let end = first + uniforms.size / 4u;
  var sums = vec4f(0.0);
  if (logarithm) {
    for (var at = first; at < end; at += 1u) {
      sums += dy[at];
    }
  } else {
    for (var at = first; at < end; at += 1u) {
      sums += y[at] * dy[at];
    }
  }
  let sum = (sums.x + sums.y) + (sums.z + sums.w);
  for (var at = first; at < end; at += 1u) {
    if (logarithm) {
      dx[at] = dy[at] - exp(y[at]) * sum;
    } else {
      dx[at] = y[at] * (dy[at] - sum);
    }
  }
}
