// y[outer, inner] = log of the sum of e^x[outer, k, inner] over k, by exponentials.wgsl. One invocation a result.

@group(0) @binding(1) var<storage, read_write> y: array<f32>;

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
  let first = (index / stride) * uniforms.size * stride + index % stride;
  y[index] = log_of_sum(exponentials(first, stride));
}
