// y = f(x), f from functions.wgsl. The count is of `Element`: f32, or vec4f where it allows.

struct Uniforms {
  count: u32,
  low: f32,
  high: f32,
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> y: array<Element>;
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
  y[index] = values_of(x[index], uniforms.low, uniforms.high);
}
