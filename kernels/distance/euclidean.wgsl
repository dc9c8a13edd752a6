// Euclidean distances of paired rows with their gradients: d = sum_k (x_k - y_k)^2, dd/dx = 2 (x - y), or with `root`
// d = |x - y|, dd/dx = (x - y) / d, and 0 where d = 0. dd/dy is the negative.

alias Sums = f32;

struct Uniforms {
  rows: u32,
  columns: u32,
}

override root: bool;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> distance_of: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
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
  var found = 0.0;
  for (var column = lane; column < uniforms.columns; column += lanes) {
    let difference = x[first + column] - y[first + column];
    found += difference * difference;
  }
  let squared = sum_over_lanes(local, found);
  if (row >= uniforms.rows) {
    return;
  }
  let value = select(squared, sqrt(squared), root);
  var slope = 2.0;
  if (root) {
    slope = select(1.0 / value, 0.0, squared == 0.0);
  }
  for (var column = lane; column < uniforms.columns; column += lanes) {
    gradient[first + column] = slope * (x[first + column] - y[first + column]);
  }
  if (lane == 0u) {
    distance_of[row] = value;
  }
}
