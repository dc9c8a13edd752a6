// Losses of the difference d = prediction - target, with their gradients in the same pass:
// 0: squared, d^2.  1: absolute, |d|.  2: Huber (1964), d^2 / 2 up to delta, then delta (|d| - delta / 2).
// After element_single.wgsl or element_vector.wgsl, before elementwise_loss.wgsl.

struct Uniforms {
  count: u32,
  delta: f32,
  gradient_scale: f32,
}

override kind: u32;
override weighted: bool;

@group(0) @binding(0) var<storage, read> prediction: array<Element>;
@group(0) @binding(1) var<storage, read> target_value: array<Element>;
@group(0) @binding(2) var<storage, read> weight: array<Element>;
@group(0) @binding(3) var<storage, read_write> loss: array<Loss>;
@group(0) @binding(4) var<storage, read_write> gradient: array<Element>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

fn evaluate(index: u32) -> Element {
  let difference = prediction[index] - target_value[index];
  var value = difference * difference;
  var slope = 2.0 * difference;
  if (kind == 1u) {
    value = abs(difference);
    slope = sign(difference);
  }
  if (kind == 2u) {
    let linear = abs(difference) > Element(uniforms.delta);
    value = select(0.5 * value, uniforms.delta * (abs(difference) - 0.5 * uniforms.delta), linear);
    slope = select(difference, uniforms.delta * sign(difference), linear);
  }
  if (weighted) {
    value *= weight[index];
    slope *= weight[index];
  }
  gradient[index] = uniforms.gradient_scale * slope;
  return value;
}
