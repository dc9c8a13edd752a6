// Elements along the middle axis by index: y[outer, k, inner] = x[outer, index[outer, k, inner], inner]. An index beyond the
// axis gives NaN, so that it does not pass unseen. One invocation an element of y.

struct Uniforms {
  outer: u32,
  size: u32,
  inner: u32,
  // Elements of y along the axis.
  picked: u32,
  // Bits of NaN, which WGSL cannot write as a constant.
  not_a_number: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  let inner = uniforms.inner;
  if (at >= uniforms.outer * uniforms.picked * inner) {
    return;
  }
  let line = at / (uniforms.picked * inner);
  let position = index[at];
  let value = x[(line * uniforms.size + min(position, uniforms.size - 1u)) * inner + at % inner];
  y[at] = select(bitcast<f32>(uniforms.not_a_number), value, position < uniforms.size);
}
