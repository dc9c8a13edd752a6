// Upstream gradient of a distance, divided by the distance: c = dy / d, and 0 where d = 0.

struct Uniforms {
  count: u32,
}

@group(0) @binding(0) var<storage, read> distance_of: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (index >= uniforms.count) {
    return;
  }
  let value = distance_of[index];
  c[index] = select(dy[index] / value, 0.0, value == 0.0);
}
