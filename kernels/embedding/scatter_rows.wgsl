// Backward pass of a lookup: table_gradient[batch, row] = the sum of dy[batch, i] over the i whose index names it, in the
// order of i, which is that of the links of occurrences.wgsl. One invocation an `Element` of the table: f32, or vec4f where
// the columns allow.

struct Uniforms {
  // Rows of all tables.
  total: u32,
  // Indices, the number of the first of them, and that of all.
  count: u32,
  start: u32,
  all: u32,
  rows: u32,
  columns: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<Element>;
@group(0) @binding(1) var<storage, read> links: array<u32>;
@group(0) @binding(2) var<storage, read_write> table_gradient: array<Element>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let column = workgroup.x * 64u + local;
  let table_row = workgroup.z * workgroups.y + workgroup.y;
  if (column >= uniforms.columns || table_row >= uniforms.total) {
    return;
  }
  let batch = table_row / uniforms.rows;
  let row = table_row - batch * uniforms.rows;
  var sum = Element(0.0);
  for (var i = links[row]; i < uniforms.count; i = links[uniforms.rows + i]) {
    sum += dy[(batch * uniforms.all + uniforms.start + i) * uniforms.columns + column];
  }
  let at = table_row * uniforms.columns + column;
  if (uniforms.accumulate != 0u) {
    sum += table_gradient[at];
  }
  table_gradient[at] = sum;
}
