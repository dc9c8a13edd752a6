// Negative log-likelihood of a normal distribution of predicted mean and variance, up to a constant, with its gradients:
// (log v + (mean - target)^2 / v) / 2, with v the variance, no less than epsilon. The gradient passes the bound, as in
// PyTorch. Nix, Weigend, "Estimating the mean and variance of the target probability distribution" (1994).
// After element_single.wgsl or element_vector.wgsl, before elementwise_loss.wgsl.

struct Uniforms {
  count: u32,
  epsilon: f32,
  gradient_scale: f32,
}

override weighted: bool;

@group(0) @binding(0) var<storage, read> mean: array<Element>;
@group(0) @binding(1) var<storage, read> variance: array<Element>;
@group(0) @binding(2) var<storage, read> target_value: array<Element>;
@group(0) @binding(3) var<storage, read> weight: array<Element>;
@group(0) @binding(4) var<storage, read_write> loss: array<Loss>;
@group(0) @binding(5) var<storage, read_write> mean_gradient: array<Element>;
@group(0) @binding(6) var<storage, read_write> variance_gradient: array<Element>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

fn evaluate(index: u32) -> Element {
  let raw = variance[index];
  let v = unless_nan(raw, max(raw, Element(uniforms.epsilon)));
  let inverse = 1.0 / v;
  let difference = mean[index] - target_value[index];
  let mean_slope = difference * inverse;
  let surprise = difference * mean_slope;
  var value = 0.5 * (unless_nan(v, log(v)) + surprise);
  var scale = Element(uniforms.gradient_scale);
  if (weighted) {
    value *= weight[index];
    scale *= weight[index];
  }
  mean_gradient[index] = scale * mean_slope;
  variance_gradient[index] = 0.5 * scale * (inverse - surprise * inverse);
  return value;
}
