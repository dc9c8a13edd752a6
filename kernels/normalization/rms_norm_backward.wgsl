// Gradient of root-mean-square normalisation for its input, with h = x / rms and g = dy (weight + shift):
// dx = (g - h mean(g h)) / rms. After row_lanes.wgsl.

alias Sums = f32;

struct Uniforms {
  rows: u32,
  columns: u32,
  inverse_columns: f32,
  shift: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> statistics: array<vec2f>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
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
  let read_row = min(row, uniforms.rows - 1u);
  let first = read_row * uniforms.columns;
  let inverse = statistics[read_row].y;
  var along = 0.0;
  for (var column = lane; column < uniforms.columns; column += lanes) {
    along += dy[first + column] * (weight[column] + uniforms.shift) * (x[first + column] * inverse);
  }
  let mean = sum_over_lanes(local, along) * uniforms.inverse_columns;
  if (row >= uniforms.rows) {
    return;
  }
  for (var column = lane; column < uniforms.columns; column += lanes) {
    let at = row * uniforms.columns + column;
    dx[at] = (dy[at] * (weight[column] + uniforms.shift) - x[at] * inverse * mean) * inverse;
  }
}
