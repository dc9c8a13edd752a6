// Backward pass of a lookup: table_gradient[batch, row] = the sum of dy[batch, i] over the i whose index names the row, in the
// order of i, which is that of the chains of occurrences.wgsl. One invocation an `Element` of a slot that may begin a chain:
// f32, or vec4f where the columns allow. Where slots are positions, rows that are not named are left alone.

struct Uniforms {
  // Slots in all of the batch.
  total: u32,
  slots: u32,
  // Indices, the number of the first of them, and that of all.
  count: u32,
  start: u32,
  all: u32,
  rows: u32,
  columns: u32,
  // 1: slots are positions of the index, else rows of the table.
  positions: u32,
  // Index of the first row of the table.
  first: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<Element>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> links: array<u32>;
@group(0) @binding(3) var<storage, read_write> table_gradient: array<Element>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let column = workgroup.x * 64u + local;
  let place = workgroup.z * workgroups.y + workgroup.y;
  if (column >= uniforms.columns || place >= uniforms.total) {
    return;
  }
  let batch = place / uniforms.slots;
  let slot = place - batch * uniforms.slots;
  let begin = links[slot];
  var row = slot;
  if (uniforms.positions != 0u) {
    if (begin >= uniforms.count) {
      return;
    }
    // Wraps to a large number for an index before the first row.
    row = index[begin] - uniforms.first;
    if (row >= uniforms.rows) {
      return;
    }
  }
  var sum = Element(0.0);
  for (var i = begin; i < uniforms.count; i = links[uniforms.slots + i]) {
    sum += dy[(batch * uniforms.all + uniforms.start + i) * uniforms.columns + column];
  }
  let at = (batch * uniforms.rows + row) * uniforms.columns + column;
  if (uniforms.accumulate != 0u) {
    sum += table_gradient[at];
  }
  table_gradient[at] = sum;
}
