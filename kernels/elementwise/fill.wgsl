// y = a constant of 32 bits, given as u32.

struct Uniforms {
  count: u32,
  bits: u32,
}

@group(0) @binding(0) var<storage, read_write> y: array<vec4u>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// Which of the four elements of a vector lie before the end.
fn inside(index: u32) -> vec4<bool> {
  return vec4u(0u, 1u, 2u, 3u) < vec4u(uniforms.count - 4u * index);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (4u * index >= uniforms.count) {
    return;
  }
  y[index] = select(y[index], vec4u(uniforms.bits), inside(index));
}
