// Transposes matrices: y[batch, column, row] = x[batch, row, column]. One invocation an element of y, so that writes are
// to neighbouring addresses.

struct Uniforms {
  rows: u32,
  columns: u32,
  // Rows of y in all of the batch.
  total: u32,
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
  let row = workgroup.x * 64u + local;
  let target_row = workgroup.z * workgroups.y + workgroup.y;
  if (row >= uniforms.rows || target_row >= uniforms.total) {
    return;
  }
  let batch = target_row / uniforms.columns;
  let column = target_row - batch * uniforms.columns;
  y[target_row * uniforms.rows + row] = x[(batch * uniforms.rows + row) * uniforms.columns + column];
}
