// y = a ? b of arithmetic.wgsl over four axes, each operand with strides of its own: a stride of 0 repeats it along an
// axis. y is contiguous.

struct Uniforms {
  sizes: vec4u,
  a_strides: vec4u,
  b_strides: vec4u,
  count: u32,
  a_offset: u32,
  b_offset: u32,
  y_offset: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
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
  let at_a = position * uniforms.a_strides;
  let at_b = position * uniforms.b_strides;
  let left = a[uniforms.a_offset + at_a.x + at_a.y + at_a.z + at_a.w];
  let right = b[uniforms.b_offset + at_b.x + at_b.y + at_b.z + at_b.w];
  y[uniforms.y_offset + index] = arithmetic(left, right);
}
