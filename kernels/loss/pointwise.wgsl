// Losses of the difference d = prediction - target, with their gradients in the same pass:
// 0: squared, d^2.  1: absolute, |d|.  2: Huber (1964), d^2 / 2 up to delta, then delta (|d| - delta / 2).

struct Uniforms {
  count: u32,
  delta: f32,
  gradient_scale: f32,
}

override kind: u32;
override weighted: bool;

@group(0) @binding(0) var<storage, read> prediction: array<f32>;
@group(0) @binding(1) var<storage, read> target_value: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
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
  let difference = prediction[index] - target_value[index];
  var value = difference * difference;
  var slope = 2.0 * difference;
  if (kind == 1u) {
    value = abs(difference);
    slope = sign(difference);
  }
  if (kind == 2u) {
    let linear = abs(difference) > uniforms.delta;
    value = select(0.5 * value, uniforms.delta * (abs(difference) - 0.5 * uniforms.delta), linear);
    slope = select(difference, uniforms.delta * sign(difference), linear);
  }
  if (weighted) {
    value *= weight[index];
    slope *= weight[index];
  }
  loss[index] = value;
  gradient[index] = uniforms.gradient_scale * slope;
}
