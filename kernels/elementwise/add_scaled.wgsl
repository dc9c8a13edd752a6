// y = x_factor x + y_factor y, in place; y is not read where its factor is 0. The count is of
// `Element`: f32, or vec4f where it allows.

struct Uniforms {
  count: u32,
  x_factor: f32,
  y_factor: f32,
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
  var sum = uniforms.x_factor * x[index];
  if (uniforms.y_factor != 0.0) {
    sum += uniforms.y_factor * y[index];
  }
  y[index] = sum;
}
