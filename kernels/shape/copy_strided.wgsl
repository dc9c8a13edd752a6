// destination[to + index . its strides] = source[from + index . its strides] (or added to it) over four axes: permutations, slices with a step,
// repetition (stride 0 in the source), and their backward passes. One invocation an `Element`: f32, or vec4f where the last
// axis is contiguous on both sides and all sizes allow.

struct Uniforms {
  sizes: vec4u,
  source_strides: vec4u,
  destination_strides: vec4u,
  count: u32,
  source_offset: u32,
  destination_offset: u32,
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
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (index >= uniforms.count) {
    return;
  }
  let sizes = uniforms.sizes;
  let rows = index / sizes.w;
  let planes = rows / sizes.z;
  let position = vec4u(planes / sizes.y, planes % sizes.y, rows % sizes.z, index % sizes.w);
  let source_at = position * uniforms.source_strides;
  let destination_at = position * uniforms.destination_strides;
  let at = uniforms.destination_offset + destination_at.x + destination_at.y + destination_at.z + destination_at.w;
  var value = source[uniforms.source_offset + source_at.x + source_at.y + source_at.z + source_at.w];
  if (uniforms.accumulate != 0u) {
    value += destination[at];
  }
  destination[at] = value;
}
