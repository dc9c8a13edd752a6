// Gradient of gated linear units, y = f(a) b: da = dy b f'(a) and db = dy f(a), side by side as a and b are.

struct Uniforms {
  count: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> dy: array<Element>;
@group(0) @binding(2) var<storage, read_write> dx: array<Element>;
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
  let upstream = dy[index];
  dx[gate] = upstream * x[gate + uniforms.columns] * derivatives_of(x[gate], 0.0, 0.0);
  dx[gate + uniforms.columns] = upstream * values_of(x[gate], 0.0, 0.0);
}
