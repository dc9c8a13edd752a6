// y[outer, inner] = the greatest x[outer, k, inner] over k, and its position, the first of equal ones. NaN counts as
// greater than any number. One invocation a result. `rank` comes from rank.wgsl.

struct Uniforms {
  outer: u32,
  size: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> position: array<u32>;
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
  var best = 0u;
  var best_rank = rank(x[first]);
  for (var k = 1u; k < uniforms.size; k += 1u) {
    let this_rank = rank(x[first + k * stride]);
    if (this_rank > best_rank) {
      best = k;
      best_rank = this_rank;
    }
  }
  y[index] = x[first + best * stride];
  position[index] = best;
}
