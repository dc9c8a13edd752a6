// Backward pass of gather.wgsl: dx[outer, s, inner] = the sum of dy[outer, k, inner] over the k with index[outer, k, inner] =
// s, in the order of k. One invocation an element of dx goes through all indices of its line.

struct Uniforms {
  outer: u32,
  size: u32,
  inner: u32,
  // Elements of dy along the axis.
  picked: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  let inner = uniforms.inner;
  if (at >= uniforms.outer * uniforms.size * inner) {
    return;
  }
  let row = at / inner;
  let line = row / uniforms.size;
  let position = row % uniforms.size;
  var source = line * uniforms.picked * inner + at % inner;
  var sum = 0.0;
  for (var k = 0u; k < uniforms.picked; k += 1u) {
    if (index[source] == position) {
      sum += dy[source];
    }
    source += inner;
  }
  if (uniforms.accumulate != 0u) {
    sum += dx[at];
  }
  dx[at] = sum;
}
