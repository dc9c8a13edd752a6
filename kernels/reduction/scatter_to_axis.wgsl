// Gradient of the greatest element along the middle axis: dx[outer, k, inner] = dy[outer, inner] where k is the position,
// else 0. One invocation an element of dx.

struct Uniforms {
  outer: u32,
  size: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> position: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (index >= uniforms.outer * uniforms.size * uniforms.inner) {
    return;
  }
  let row = index / uniforms.inner;
  let source = (row / uniforms.size) * uniforms.inner + index % uniforms.inner;
  dx[index] = select(0.0, dy[source], position[source] == row % uniforms.size);
}
