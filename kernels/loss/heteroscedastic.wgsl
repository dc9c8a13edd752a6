// Negative log-likelihood, up to constants and a factor 2, of a normal distribution whose mean and log-variance are
// predicted: loss = (mean - target)^2 / (exp(v) + 1e-6) + v, with v the log-variance clamped to -10 .. 10. Its gradients
// in the same pass. Nix, Weigend, "Estimating the mean and variance of the target probability distribution" (1994).

struct Uniforms {
  count: u32,
  gradient_scale: f32,
}

override weighted: bool;

const LIMIT = 10.0;
const EPSILON = 1e-6;

// Mean and log-variance of each sample.
@group(0) @binding(0) var<storage, read> prediction: array<vec2f>;
@group(0) @binding(1) var<storage, read> target_value: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<vec2f>;
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
  let mean = prediction[index].x;
  let raw = prediction[index].y;
  // clamp may turn NaN into a bound; NaN is found by bits, since drivers turn comparisons round.
  let is_nan = (bitcast<u32>(raw) & 0x7fffffffu) > 0x7f800000u;
  let log_variance = select(clamp(raw, -LIMIT, LIMIT), raw, is_nan);
  let within = abs(raw) <= LIMIT;

  let variance = exp(log_variance);
  let inverse = 1.0 / (variance + EPSILON);
  let difference = mean - target_value[index];
  let surprise = difference * difference * inverse;
  var value = surprise + log_variance;
  var slopes = vec2f(2.0 * difference * inverse, select(0.0, 1.0 - surprise * (variance * inverse), within));
  if (weighted) {
    value *= weight[index];
    slopes *= weight[index];
  }
  loss[index] = value;
  gradient[index] = uniforms.gradient_scale * slopes;
}
