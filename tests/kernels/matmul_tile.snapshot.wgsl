// C = op(A) op(B): 4 rows an invocation, 4 columns a workgroup of 4.
// A is stored [k, m].

@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let batch = workgroup.z / uniforms.parts;
  let first_row = workgroup.y * 16u;
  let first_column = workgroup.x * 4u;
  let offset_a = batch * uniforms.stride_a;
  let offset_b = batch * uniforms.stride_b;
  let offset_c = workgroup.z * uniforms.stride_c;
  let row_0 = min(first_row + 0u + lane * 4u + 0u, uniforms.m - 4u);
  let row_1 = min(first_row + 0u + lane * 4u + 1u, uniforms.m - 3u);
  let row_2 = min(first_row + 0u + lane * 4u + 2u, uniforms.m - 2u);
  let row_3 = min(first_row + 0u + lane * 4u + 3u, uniforms.m - 1u);
  let column_0 = min(first_column + (lane & 0u) * 4u, uniforms.n - 4u);
  var c0_0 = 0.0; var c0_1 = 0.0; var c0_2 = 0.0; var c0_3 = 0.0;
  var c1_0 = 0.0; var c1_1 = 0.0; var c1_2 = 0.0; var c1_3 = 0.0;
  var c2_0 = 0.0; var c2_1 = 0.0; var c2_2 = 0.0; var c2_3 = 0.0;
  var c3_0 = 0.0; var c3_1 = 0.0; var c3_2 = 0.0; var c3_3 = 0.0;
  var k = (workgroup.z % uniforms.parts) * uniforms.part_length;
  let end = k + min(uniforms.part_length, uniforms.k - k);
  for (; k + 4u <= end; k += 4u) {
    let a0_k0 = Element(a[(offset_a + (k + 0u) * uniforms.m + row_0) >> 2u]);
    let a0_0 = a0_k0.x;
    let a1_0 = a0_k0.y;
    let a2_0 = a0_k0.z;
    let a3_0 = a0_k0.w;
    let a0_k1 = Element(a[(offset_a + (k + 1u) * uniforms.m + row_0) >> 2u]);
    let a0_1 = a0_k1.x;
    let a1_1 = a0_k1.y;
    let a2_1 = a0_k1.z;
    let a3_1 = a0_k1.w;
    let a0_k2 = Element(a[(offset_a + (k + 2u) * uniforms.m + row_0) >> 2u]);
    let a0_2 = a0_k2.x;
    let a1_2 = a0_k2.y;
    let a2_2 = a0_k2.z;
    let a3_2 = a0_k2.w;
    let a0_k3 = Element(a[(offset_a + (k + 3u) * uniforms.m + row_0) >> 2u]);
    let a0_3 = a0_k3.x;
    let a1_3 = a0_k3.y;
    let a2_3 = a0_k3.z;
    let a3_3 = a0_k3.w;
    let q0 = Element(b[(offset_b + (k + (lane / 1u)) * uniforms.n + column_0) >> 2u]);
    let b0_0 = subgroupBroadcast(q0.x, 0u);
    let b0_1 = subgroupBroadcast(q0.x, 1u);
    let b0_2 = subgroupBroadcast(q0.x, 2u);
    let b0_3 = subgroupBroadcast(q0.x, 3u);
    c0_0 = fma(a0_3, b0_3, fma(a0_2, b0_2, fma(a0_1, b0_1, fma(a0_0, b0_0, c0_0))));
    c1_0 = fma(a1_3, b0_3, fma(a1_2, b0_2, fma(a1_1, b0_1, fma(a1_0, b0_0, c1_0))));
    c2_0 = fma(a2_3, b0_3, fma(a2_2, b0_2, fma(a2_1, b0_1, fma(a2_0, b0_0, c2_0))));
    c3_0 = fma(a3_3, b0_3, fma(a3_2, b0_2, fma(a3_1, b0_1, fma(a3_0, b0_0, c3_0))));
    let b1_0 = subgroupBroadcast(q0.y, 0u);
    let b1_1 = subgroupBroadcast(q0.y, 1u);
    let b1_2 = subgroupBroadcast(q0.y, 2u);
    let b1_3 = subgroupBroadcast(q0.y, 3u);
    c0_1 = fma(a0_3, b1_3, fma(a0_2, b1_2, fma(a0_1, b1_1, fma(a0_0, b1_0, c0_1))));
    c1_1 = fma(a1_3, b1_3, fma(a1_2, b1_2, fma(a1_1, b1_1, fma(a1_0, b1_0, c1_1))));
    c2_1 = fma(a2_3, b1_3, fma(a2_2, b1_2, fma(a2_1, b1_1, fma(a2_0, b1_0, c2_1))));
    c3_1 = fma(a3_3, b1_3, fma(a3_2, b1_2, fma(a3_1, b1_1, fma(a3_0, b1_0, c3_1))));
    let b2_0 = subgroupBroadcast(q0.z, 0u);
    let b2_1 = subgroupBroadcast(q0.z, 1u);
    let b2_2 = subgroupBroadcast(q0.z, 2u);
    let b2_3 = subgroupBroadcast(q0.z, 3u);
    c0_2 = fma(a0_3, b2_3, fma(a0_2, b2_2, fma(a0_1, b2_1, fma(a0_0, b2_0, c0_2))));
    c1_2 = fma(a1_3, b2_3, fma(a1_2, b2_2, fma(a1_1, b2_1, fma(a1_0, b2_0, c1_2))));
    c2_2 = fma(a2_3, b2_3, fma(a2_2, b2_2, fma(a2_1, b2_1, fma(a2_0, b2_0, c2_2))));
    c3_2 = fma(a3_3, b2_3, fma(a3_2, b2_2, fma(a3_1, b2_1, fma(a3_0, b2_0, c3_2))));
    let b3_0 = subgroupBroadcast(q0.w, 0u);
    let b3_1 = subgroupBroadcast(q0.w, 1u);
    let b3_2 = subgroupBroadcast(q0.w, 2u);
    let b3_3 = subgroupBroadcast(q0.w, 3u);
    c0_3 = fma(a0_3, b3_3, fma(a0_2, b3_2, fma(a0_1, b3_1, fma(a0_0, b3_0, c0_3))));
    c1_3 = fma(a1_3, b3_3, fma(a1_2, b3_2, fma(a1_1, b3_1, fma(a1_0, b3_0, c1_3))));
    c2_3 = fma(a2_3, b3_3, fma(a2_2, b3_2, fma(a2_1, b3_1, fma(a2_0, b3_0, c2_3))));
    c3_3 = fma(a3_3, b3_3, fma(a3_2, b3_2, fma(a3_1, b3_1, fma(a3_0, b3_0, c3_3))));
  }
  for (; k < end; k++) {
    let a0_k0 = Element(a[(offset_a + (k + 0u) * uniforms.m + row_0) >> 2u]);
    let a0_0 = a0_k0.x;
    let a1_0 = a0_k0.y;
    let a2_0 = a0_k0.z;
    let a3_0 = a0_k0.w;
    let q0 = Element(b[(offset_b + (k + 0u) * uniforms.n + column_0) >> 2u]);
    let b0_0 = subgroupBroadcast(q0.x, 0u);
    c0_0 = fma(a0_0, b0_0, c0_0);
    c1_0 = fma(a1_0, b0_0, c1_0);
    c2_0 = fma(a2_0, b0_0, c2_0);
    c3_0 = fma(a3_0, b0_0, c3_0);
    let b1_0 = subgroupBroadcast(q0.y, 0u);
    c0_1 = fma(a0_0, b1_0, c0_1);
    c1_1 = fma(a1_0, b1_0, c1_1);
    c2_1 = fma(a2_0, b1_0, c2_1);
    c3_1 = fma(a3_0, b1_0, c3_1);
    let b2_0 = subgroupBroadcast(q0.z, 0u);
    c0_2 = fma(a0_0, b2_0, c0_2);
    c1_2 = fma(a1_0, b2_0, c1_2);
    c2_2 = fma(a2_0, b2_0, c2_2);
    c3_2 = fma(a3_0, b2_0, c3_2);
    let b3_0 = subgroupBroadcast(q0.w, 0u);
    c0_3 = fma(a0_0, b3_0, c0_3);
    c1_3 = fma(a1_0, b3_0, c1_3);
    c2_3 = fma(a2_0, b3_0, c2_3);
    c3_3 = fma(a3_0, b3_0, c3_3);
  }
  if (first_row + 0u + lane * 4u + 0u < uniforms.m) {
    if (first_column < uniforms.n) { store((offset_c + row_0 * uniforms.n + first_column) >> 2u, (first_column) >> 2u, vec4f(c0_0, c0_1, c0_2, c0_3)); }
  }
  if (first_row + 0u + lane * 4u + 1u < uniforms.m) {
    if (first_column < uniforms.n) { store((offset_c + row_1 * uniforms.n + first_column) >> 2u, (first_column) >> 2u, vec4f(c1_0, c1_1, c1_2, c1_3)); }
  }
  if (first_row + 0u + lane * 4u + 2u < uniforms.m) {
    if (first_column < uniforms.n) { store((offset_c + row_2 * uniforms.n + first_column) >> 2u, (first_column) >> 2u, vec4f(c2_0, c2_1, c2_2, c2_3)); }
  }
  if (first_row + 0u + lane * 4u + 3u < uniforms.m) {
    if (first_column < uniforms.n) { store((offset_c + row_3 * uniforms.n + first_column) >> 2u, (first_column) >> 2u, vec4f(c3_0, c3_1, c3_2, c3_3)); }
  }
}
