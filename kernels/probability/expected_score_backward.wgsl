// Gradient of the expected class for the probabilities: dp[row, k] = k dscore[row]. One invocation a probability.

struct Uniforms {
  count: u32,
  classes: u32,
}

@group(0) @binding(0) var<storage, read> dscore: array<f32>;
@group(0) @binding(1) var<storage, read_write> dprobabilities: array<f32>;
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
  dprobabilities[index] = f32(index % uniforms.classes) * dscore[index / uniforms.classes];
}
