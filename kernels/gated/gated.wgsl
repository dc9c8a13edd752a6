// Gated linear units, y = f(a) b with a and b the two halves of each row of x, and f of functions.wgsl. Shazeer, "GLU variants
// improve transformer" (2020). Counts are of `Element`: f32, or vec4f where all sizes allow.

struct Uniforms {
  count: u32,
  columns: u32,
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
  let gate = index + index / uniforms.columns * uniforms.columns;
  y[index] = values_of(x[gate], 0.0, 0.0) * x[gate + uniforms.columns];
}
