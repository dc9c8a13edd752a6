// Chains of the positions of an index that name the same row. For each slot that may begin one, links[slot] = the first
// position of its chain; for each position i, links[slots + i] = the least j > i with index[j] = index[i]; `count` where there
// is none. Slots are the rows of the table or, for a large table, the positions, of which the first that names a row begins
// its chain. One invocation a link.

struct Uniforms {
  count: u32,
  slots: u32,
  // 1: slots are positions.
  positions: u32,
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
  if (link >= uniforms.slots + uniforms.count) {
    return;
  }
  let begins = link < uniforms.slots;
  var row = uniforms.first + link;
  var i = 0u;
  if (!begins) {
    row = index[link - uniforms.slots];
    i = link - uniforms.slots + 1u;
  } else if (uniforms.positions != 0u) {
    row = index[link];
  }
  while (i < uniforms.count && index[i] != row) {
    i += 1u;
  }
  let is_named_before = begins && uniforms.positions != 0u && i != link;
  links[link] = select(i, uniforms.count, is_named_before);
}
