// Backward pass of a lookup: table_gradient[row] = the sum of dy[i] over the i with index[i] = row, in the order of i.
// One invocation an element of the table goes through all indices: right for any size, quick for small tables and batches.

struct Uniforms {
  count: u32,
  rows: u32,
  columns: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> table_gradient: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let column = workgroup.x * 64u + local;
  let row = workgroup.z * workgroups.y + workgroup.y;
  if (column >= uniforms.columns || row >= uniforms.rows) {
    return;
  }
  var sum = 0.0;
  var i = 0u;
  loop {
    // Its own loop, so that the load below runs only for rows that match.
    while (i < uniforms.count && index[i] != row) {
      i += 1u;
    }
    if (i >= uniforms.count) {
      break;
    }
    sum += dy[i * uniforms.columns + column];
    i += 1u;
  }
  let at = row * uniforms.columns + column;
  if (uniforms.accumulate != 0u) {
    sum += table_gradient[at];
  }
  table_gradient[at] = sum;
}
