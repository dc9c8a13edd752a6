// destination[row, to + j] = source[row, from + j] (or added to it) for a block of columns: the parts of a concatenation,
// a slice, and their backward passes. One invocation an `Element`: f32, or vec4f where all sizes allow.

struct Uniforms {
  rows: u32,
  width: u32,
  source_columns: u32,
  source_from: u32,
  destination_columns: u32,
  destination_from: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> source: array<Element>;
@group(0) @binding(1) var<storage, read_write> destination: array<Element>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let column = workgroup.x * 64u + local;
  let row = workgroup.z * workgroups.y + workgroup.y;
  if (column >= uniforms.width || row >= uniforms.rows) {
    return;
  }
  var value = source[row * uniforms.source_columns + uniforms.source_from + column];
  let index = row * uniforms.destination_columns + uniforms.destination_from + column;
  if (uniforms.accumulate != 0u) {
    value += destination[index];
  }
  destination[index] = value;
}
