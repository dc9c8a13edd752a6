// Ordinal loss of rows of logits z and classes t, with its gradient: the mean over k of the binary cross-entropy of
// sigmoid(z_k) = P(class <= k) with [k >= t]. That is softplus(-z_k) for k >= t, softplus(z_k) before. After stable.wgsl
// and row_lanes.wgsl. Cheng, Wang, Pollastri, "A neural network approach to ordinal regression" (2008).

alias Sums = f32;

struct Uniforms {
  rows: u32,
  classes: u32,
  gradient_scale: f32,
}

override weighted: bool;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> target_class: array<u32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(group_size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = row_of(workgroup, workgroups, local);
  let lane = local % lanes;
  let classes = uniforms.classes;
  // Rows past the end repeat the last one and write nothing: all invocations have to meet at the barriers.
  let inside = row < uniforms.rows;
  let within = min(row, uniforms.rows - 1u);
  let first = within * classes;
  let own_class = target_class[within];
  var scale = 1.0 / f32(classes);
  if (weighted) {
    scale *= weight[within];
  }
  let slope_scale = uniforms.gradient_scale * scale;

  var sum = 0.0;
  for (var k = lane; k < classes; k += lanes) {
    let z = logits[first + k];
    let sign = select(1.0, -1.0, k >= own_class);
    let u = sign * z;
    let softplus = max(u, 0.0) + log_one_plus(exp(-abs(u)));
    sum += select(softplus, u, is_nan(u));
    if (inside) {
      gradient[first + k] = slope_scale * select(sign * sigmoid(u), u, is_nan(u));
    }
  }
  // A class beyond the last gives NaN, by its bits.
  sum = select(sum, bitcast<f32>(0x7f800000u | classes), own_class >= classes);
  sum = sum_over_lanes(local, sum);
  if (lane == 0u && inside) {
    loss[row] = scale * sum;
  }
}
