// Probabilities of classes from logits z of cumulative ones, c_k = sigmoid(z_k) = P(class <= k): q_k = max(c_k - c_(k-1),
// 0) with c_(-1) = 0, p_k = q_k / (sum of q + epsilon). Put before cumulative_forward.wgsl and cumulative_backward.wgsl,
// after stable.wgsl.

struct Uniforms {
  rows: u32,
  classes: u32,
  epsilon: f32,
}

@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// The logit of c_(-1) = 0.
const BEFORE_FIRST = -1e30;

// max(sigmoid(z) - sigmoid(before), 0), by the tails of the sigmoids above 0, where those near 1 would cancel.
fn rise(z: f32, before: f32) -> f32 {
  let difference = select(sigmoid(z) - sigmoid(before), sigmoid(-before) - sigmoid(-z), before > 0.0);
  return select(difference, 0.0, z <= before);
}
