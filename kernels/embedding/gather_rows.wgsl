// Rows of each table of a batch by index: y[batch, i] = table[batch, index[i] - first]. An index beyond the table gives NaN, so
// that it does not pass unseen, or leaves y as it is, so that another part of the table can serve it.
// One invocation an `Element`: f32, or vec4f where the columns allow.

struct Uniforms {
  // Rows of y in all of the batch.
  total: u32,
  // Rows of y for each table.
  count: u32,
  rows: u32,
  columns: u32,
  // Index of the first row of the table.
  first: u32,
  // 1: rows of y that the table lacks are left as they are.
  partial: u32,
  // Bits of NaN, which WGSL cannot write as a constant.
  not_a_number: u32,
}

@group(0) @binding(0) var<storage, read> table: array<Element>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<Element>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let column = workgroup.x * 64u + local;
  let target_row = workgroup.z * workgroups.y + workgroup.y;
  if (column >= uniforms.columns || target_row >= uniforms.total) {
    return;
  }
  let batch = target_row / uniforms.count;
  // Wraps to a large number for an index before the first row.
  let row = index[target_row - batch * uniforms.count] - uniforms.first;
  if (uniforms.partial != 0u && row >= uniforms.rows) {
    return;
  }
  let value = table[(batch * uniforms.rows + min(row, uniforms.rows - 1u)) * uniforms.columns + column];
  y[target_row * uniforms.columns + column] = select(Element(bitcast<f32>(uniforms.not_a_number)), value, row < uniforms.rows);
}
