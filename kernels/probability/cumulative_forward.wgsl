// p_k = q_k / (sum of q + epsilon) of each row, with q by cumulative.wgsl. One invocation a row.

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> probabilities: array<f32>;

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * 8u + local;
  if (row >= uniforms.rows) {
    return;
  }
  let first = row * uniforms.classes;
  var sum = 0.0;
  var before = BEFORE_FIRST;
  for (var k = 0u; k < uniforms.classes; k += 1u) {
    let z = logits[first + k];
    sum += rise(z, before);
    before = z;
  }
  let divisor = sum + uniforms.epsilon;
  before = BEFORE_FIRST;
  for (var k = 0u; k < uniforms.classes; k += 1u) {
    let z = logits[first + k];
    probabilities[first + k] = rise(z, before) / divisor;
    before = z;
  }
}
