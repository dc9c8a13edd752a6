// y = a ? b of arithmetic.wgsl, element by element. With `repeat`, b is a row of `period` elements that meets every row
// of a. Counts are of `Element`: f32, or vec4f where all sizes allow.

struct Uniforms {
  count: u32,
  period: u32,
}

override repeat: bool;

@group(0) @binding(0) var<storage, read> a: array<Element>;
@group(0) @binding(1) var<storage, read> b: array<Element>;
@group(0) @binding(2) var<storage, read_write> y: array<Element>;
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
  var index_b = index;
  if (repeat) {
    index_b = index % uniforms.period;
  }
  y[index] = arithmetic(a[index], b[index_b]);
}
