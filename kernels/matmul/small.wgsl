// C = op(A) op(B), one invocation an element: for outputs too small or too thin to fill a tile.

override transpose_a: bool = false;
override transpose_b: bool = false;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  // x runs over the longer side of C, y over the shorter one.
  let wide = uniforms.n > uniforms.m;
  let long = workgroup.x * 64u + local;
  let row = select(long, workgroup.y, wide);
  let column = select(workgroup.y, long, wide);
  if (row >= uniforms.m || column >= uniforms.n) {
    return;
  }
  let batch = workgroup.z / uniforms.parts;
  let step_a = select(1u, uniforms.m, transpose_a);
  let step_b = select(uniforms.n, 1u, transpose_b);
  var k = (workgroup.z % uniforms.parts) * uniforms.part_length;
  let end = k + min(uniforms.part_length, uniforms.k - k);
  var at_a = batch * uniforms.stride_a + select(row * uniforms.k, row, transpose_a) + k * step_a;
  var at_b = batch * uniforms.stride_b + select(column, column * uniforms.k, transpose_b) + k * step_b;
  // Four sums run side by side, which is faster and rounds less than one long chain.
  var sums = vec4f();
  for (; k + 4u <= end; k += 4u) {
    let left = vec4f(
      f32(a[at_a]), f32(a[at_a + step_a]), f32(a[at_a + 2u * step_a]), f32(a[at_a + 3u * step_a]),
    );
    let right = vec4f(
      f32(b[at_b]), f32(b[at_b + step_b]), f32(b[at_b + 2u * step_b]), f32(b[at_b + 3u * step_b]),
    );
    sums = fma(left, right, sums);
    at_a += 4u * step_a;
    at_b += 4u * step_b;
  }
  var value = (sums.x + sums.y) + (sums.z + sums.w);
  for (; k < end; k++) {
    value = fma(f32(a[at_a]), f32(b[at_b]), value);
    at_a += step_a;
    at_b += step_b;
  }
  store(workgroup.z * uniforms.stride_c + row * uniforms.n + column, column, value);
}
