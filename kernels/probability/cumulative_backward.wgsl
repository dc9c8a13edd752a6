// Gradient of the probabilities by cumulative.wgsl for the logits, one invocation a row: with S = sum of q + epsilon,
// dq_k = (dp_k - sum of dp_j p_j) / S where q_k > 0, else 0; dz_k = (dq_k - dq_(k+1)) c_k (1 - c_k).

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> dprobabilities: array<f32>;
@group(0) @binding(2) var<storage, read_write> dlogits: array<f32>;

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
  var product = 0.0;
  var before = BEFORE_FIRST;
  for (var k = 0u; k < uniforms.classes; k += 1u) {
    let z = logits[first + k];
    let q = rise(z, before);
    sum += q;
    product += q * dprobabilities[first + k];
    before = z;
  }
  let inverse = 1.0 / (sum + uniforms.epsilon);
  let mean = product * inverse;
  // From the last class to the first, so that dq_(k+1) is at hand.
  var after = 0.0;
  for (var k = uniforms.classes; k > 0u; k -= 1u) {
    let at = first + k - 1u;
    let z = logits[at];
    let previous = select(BEFORE_FIRST, logits[max(at, 1u) - 1u], k > 1u);
    let dq = select((dprobabilities[at] - mean) * inverse, 0.0, z <= previous);
    dlogits[at] = (dq - after) * sigmoid(z) * sigmoid(-z);
    after = dq;
  }
}
