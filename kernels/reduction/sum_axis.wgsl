// Sums along the middle axis: y[outer, inner] = scale * sum of x[outer, k, inner] over k. One invocation a sum. Four
// running sums keep rounding small; their order is fixed.

struct Uniforms {
  outer: u32,
  size: u32,
  inner: u32,
  scale: f32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  let stride = uniforms.inner;
  if (index >= uniforms.outer * stride) {
    return;
  }
  var at = (index / stride) * uniforms.size * stride + index % stride;
  var sums = vec4f(0.0);
  var k = 0u;
  for (; k + 4u <= uniforms.size; k += 4u) {
    sums += vec4f(x[at], x[at + stride], x[at + 2u * stride], x[at + 3u * stride]);
    at += 4u * stride;
  }
  for (; k < uniforms.size; k += 1u) {
    sums.x += x[at];
    at += stride;
  }
  var sum = uniforms.scale * ((sums.x + sums.y) + (sums.z + sums.w));
  if (uniforms.accumulate != 0u) {
    sum += y[index];
  }
  y[index] = sum;
}
