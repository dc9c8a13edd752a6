// Negative log-likelihood, up to constants and a factor 2, of a normal distribution whose mean and log-variance are
// predicted: (mean - target)^2 / (exp(v) + 1e-6) + v, with v the log-variance clamped to -10 .. 10. Its gradients in the
// same pass. Nix, Weigend, "Estimating the mean and variance of the target probability distribution" (1994).
// After element_single.wgsl or element_vector.wgsl, before elementwise_loss.wgsl.

struct Uniforms {
  count: u32,
  gradient_scale: f32,
}

override weighted: bool;

const LIMIT = 10.0;
const EPSILON = 1e-6;

// Mean and log-variance of each sample.
@group(0) @binding(0) var<storage, read> prediction: array<Pair>;
@group(0) @binding(1) var<storage, read> target_value: array<Element>;
@group(0) @binding(2) var<storage, read> weight: array<Element>;
@group(0) @binding(3) var<storage, read_write> loss: array<Loss>;
@group(0) @binding(4) var<storage, read_write> gradient: array<Pair>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

fn evaluate(index: u32) -> Element {
  let sample = prediction[index];
  let raw = seconds(sample);
  let log_variance = unless_nan(raw, clamp(raw, Element(-LIMIT), Element(LIMIT)));
  let within = abs(raw) <= Element(LIMIT);

  let variance = exp(log_variance);
  let inverse = 1.0 / (variance + EPSILON);
  let difference = firsts(sample) - target_value[index];
  let surprise = difference * difference * inverse;
  var value = surprise + log_variance;
  var mean_slope = 2.0 * difference * inverse;
  var variance_slope = select(Element(0.0), 1.0 - surprise * (variance * inverse), within);
  if (weighted) {
    value *= weight[index];
    mean_slope *= weight[index];
    variance_slope *= weight[index];
  }
  gradient[index] = pair_of(uniforms.gradient_scale * mean_slope, uniforms.gradient_scale * variance_slope);
  return value;
}
