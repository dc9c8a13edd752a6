// Root-mean-square normalisation of each row: y = x / sqrt(mean(x²) + epsilon) * (weight + shift).
// Zhang, Sennrich, "Root mean square layer normalization" (2019). After row_lanes.wgsl.

alias Sums = f32;

struct Uniforms {
  rows: u32,
  columns: u32,
  inverse_columns: f32,
  epsilon: f32,
  shift: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
// 0 and 1 / root mean square of each row: what layer normalisation saves of rows whose mean is 0.
@group(0) @binding(3) var<storage, read_write> statistics: array<vec2f>;
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
  var squares = 0.0;
  for (var column = lane; column < uniforms.columns; column += lanes) {
    let value = x[first + column];
    squares += value * value;
  }
  let inverse = 1.0 / sqrt(sum_over_lanes(local, squares) * uniforms.inverse_columns + uniforms.epsilon);
  if (row >= uniforms.rows) {
    return;
  }
  for (var column = lane; column < uniforms.columns; column += lanes) {
    y[first + column] = x[first + column] * inverse * (weight[column] + uniforms.shift);
  }
  if (lane == 0u) {
    statistics[row] = vec2f(0.0, inverse);
  }
}
