// y = x, f32 to f16. One invocation a word of two halves; an odd number leaves the last half 0. Numbers that round beyond
// 65504 become infinite, which pack2x16float leaves open.

struct Uniforms {
  count: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// Bits of 65520, from where the nearest half would be 65536.
const OVERFLOW = 0x477ff000u;
const INFINITY = 0x7f800000u;

// The 16 bits of a number's half.
fn half_of(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  let size = bits & 0x7fffffffu;
  let sign = (bits >> 16u) & 0x8000u;
  let packed = pack2x16float(vec2f(select(value, 0.0, size >= OVERFLOW))) & 0xffffu;
  let large = sign | select(0x7c00u, 0x7e00u, size > INFINITY);
  return select(packed, large, size >= OVERFLOW);
}

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
  var word = half_of(x[2u * index]);
  if (2u * index + 1u < uniforms.count) {
    word |= half_of(x[2u * index + 1u]) << 16u;
  }
  y[index] = word;
}
