// Second pass of split-K: C = sum over p of C_p, the parts of each product added in order. They lie where A would,
// [batch, parts, m, n]; n and the stride count elements of C.

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let within = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (within >= uniforms.stride_c) {
    return;
  }
  let first = workgroup.z * uniforms.parts * uniforms.stride_c + within;
  var sum = Element();
  for (var part = 0u; part < uniforms.parts; part++) {
    sum += a[first + part * uniforms.stride_c];
  }
  store(workgroup.z * uniforms.stride_c + within, within % uniforms.n, sum);
}
