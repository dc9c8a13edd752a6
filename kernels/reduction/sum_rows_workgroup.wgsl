// Sums of a matrix's rows: y[row] = scale * sum of x[row, column] over the columns. One workgroup a row. After
// lane_sum.wgsl.

alias Sums = f32;

struct Uniforms {
  rows: u32,
  columns: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = workgroup.y * workgroups.x + workgroup.x;
  if (row >= uniforms.rows) {
    return;
  }
  let first = row * uniforms.columns;
  var sum = 0.0;
  for (var column = local; column < uniforms.columns; column += 64u) {
    sum += x[first + column];
  }
  sum = sum_over_lanes(local, sum);
  if (local == 0u) {
    y[row] = uniforms.scale * sum;
  }
}
