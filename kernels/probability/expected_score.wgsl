// Expected class of rows of probabilities, score = sum of k p_k, k from 0. After row_lanes.wgsl.

alias Sums = f32;

struct Uniforms {
  rows: u32,
  classes: u32,
}

@group(0) @binding(0) var<storage, read> probabilities: array<f32>;
@group(0) @binding(1) var<storage, read_write> score: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(group_size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = row_of(workgroup, workgroups, local);
  let lane = local % lanes;
  let first = min(row, uniforms.rows - 1u) * uniforms.classes;
  var sum = 0.0;
  for (var k = lane; k < uniforms.classes; k += lanes) {
    sum += f32(k) * probabilities[first + k];
  }
  sum = sum_over_lanes(local, sum);
  if (lane == 0u && row < uniforms.rows) {
    score[row] = sum;
  }
}
