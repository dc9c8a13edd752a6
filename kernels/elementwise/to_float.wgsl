// y = x, f16 to f32. One invocation a word of two halves.

struct Uniforms {
  count: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (2u * index >= uniforms.count) {
    return;
  }
  let pair = unpack2x16float(x[index]);
  y[2u * index] = pair.x;
  if (2u * index + 1u < uniforms.count) {
    y[2u * index + 1u] = pair.y;
  }
}
