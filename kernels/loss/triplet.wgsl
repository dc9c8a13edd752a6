// Triplet hinge with its gradients: max(0, d(a, p) - d(a, n) + margin), d = |x - y|^2 where `squared`, else |x - y|, whose
// slope is 0 for equal rows. Weinberger, Saul, "Distance metric learning for large margin nearest neighbor classification"
// (2009); Schroff, Kalenichenko, Philbin, "FaceNet" (2015). After stable.wgsl and row_lanes.wgsl.

alias Sums = vec2f;

struct Uniforms {
  rows: u32,
  columns: u32,
  margin: f32,
  gradient_scale: f32,
}

override squared: bool;
override weighted: bool;

@group(0) @binding(0) var<storage, read> anchor: array<f32>;
@group(0) @binding(1) var<storage, read> positive: array<f32>;
@group(0) @binding(2) var<storage, read> negative: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> loss: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient_anchor: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradient_positive: array<f32>;
@group(0) @binding(7) var<storage, read_write> gradient_negative: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(group_size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = row_of(workgroup, workgroups, local);
  let lane = local % lanes;
  // Rows past the end repeat the last one and write nothing: all invocations have to meet at the barriers.
  let first = min(row, uniforms.rows - 1u) * uniforms.columns;
  var found = vec2f(0.0);
  for (var column = lane; column < uniforms.columns; column += lanes) {
    let a = anchor[first + column];
    let to_positive = a - positive[first + column];
    let to_negative = a - negative[first + column];
    found += vec2f(to_positive * to_positive, to_negative * to_negative);
  }
  let squares = sum_over_lanes(local, found);
  if (row >= uniforms.rows) {
    return;
  }
  var distances = squares;
  var slopes = vec2f(2.0);
  if (!squared) {
    distances = sqrt(squares);
    slopes = select(1.0 / distances, vec2f(0.0), squares == vec2f(0.0));
  }
  let difference = distances.x - distances.y + uniforms.margin;
  var factor = 1.0;
  if (weighted) {
    factor = weight[row];
  }
  let violated = difference > 0.0 || is_nan(difference);
  slopes *= select(0.0, factor * uniforms.gradient_scale, violated);
  for (var column = lane; column < uniforms.columns; column += lanes) {
    let a = anchor[first + column];
    let along_positive = slopes.x * (a - positive[first + column]);
    let along_negative = slopes.y * (a - negative[first + column]);
    gradient_anchor[first + column] = along_positive - along_negative;
    gradient_positive[first + column] = -along_positive;
    gradient_negative[first + column] = along_negative;
  }
  if (lane == 0u) {
    loss[row] = factor * select(0.0, difference, violated);
  }
}
