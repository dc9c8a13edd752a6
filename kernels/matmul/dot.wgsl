// C = op(A) op(B), one workgroup an element: its 64 invocations share the sum over k. For matrix-vector products and
// inner products, whose rows then are read side by side. After lane_sum.wgsl.

override transpose_a: bool = false;
override transpose_b: bool = false;

alias Sums = f32;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let wide = uniforms.n > uniforms.m;
  let row = select(workgroup.x, workgroup.y, wide);
  let column = select(workgroup.y, workgroup.x, wide);
  let batch = workgroup.z / uniforms.parts;
  let from_a = batch * uniforms.stride_a + select(row * uniforms.k, row, transpose_a);
  let from_b = batch * uniforms.stride_b + select(column, column * uniforms.k, transpose_b);
  let step_a = select(1u, uniforms.m, transpose_a);
  let step_b = select(uniforms.n, 1u, transpose_b);
  let first = (workgroup.z % uniforms.parts) * uniforms.part_length;
  let end = first + min(uniforms.part_length, uniforms.k - first);
  var sum = 0.0;
  for (var k = first + local; k < end; k += 64u) {
    sum = fma(f32(a[from_a + k * step_a]), f32(b[from_b + k * step_b]), sum);
  }
  sum = sum_over_lanes(local, sum);
  if (local == 0u) {
    store(workgroup.z * uniforms.stride_c + row * uniforms.n + column, column, sum);
  }
}
