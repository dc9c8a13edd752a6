// Rows brought to length `scale`: y = scale x / max(|x|, eps). A row of zeros stays one. After stable.wgsl.

alias Sums = f32;

struct Uniforms {
  rows: u32,
  columns: u32,
  scale: f32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> norm: array<f32>;
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
    let value = x[first + column];
    found += value * value;
  }
  let length_of_x = sqrt(sum_over_lanes(local, found));
  if (row >= uniforms.rows) {
    return;
  }
  // Drivers lose NaN in max: it passes as it is.
  let divisor = select(max(length_of_x, uniforms.epsilon), length_of_x, is_nan(length_of_x));
  for (var column = lane; column < uniforms.columns; column += lanes) {
    y[first + column] = uniforms.scale * (x[first + column] / divisor);
  }
  if (lane == 0u) {
    norm[row] = length_of_x;
  }
}
