// For each row of a table where it is first named by the index, links[row] = the least i with index[i] = first + row, and for each
// position of the index where the same row is named next, links[rows + i] = the least j > i with index[j] = index[i]; the
// length of the index where there is none. One invocation a link.

struct Uniforms {
  count: u32,
  rows: u32,
  // Index of the first row of the table.
  first: u32,
}

@group(0) @binding(0) var<storage, read> index: array<u32>;
@group(0) @binding(1) var<storage, read_write> links: array<u32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let link = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (link >= uniforms.rows + uniforms.count) {
    return;
  }
  var row = uniforms.first + link;
  var i = 0u;
  if (link >= uniforms.rows) {
    row = index[link - uniforms.rows];
    i = link - uniforms.rows + 1u;
  }
  while (i < uniforms.count && index[i] != row) {
    i += 1u;
  }
  links[link] = i;
}
