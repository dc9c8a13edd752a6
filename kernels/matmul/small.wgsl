// C = op(A) op(B), one invocation an element: for outputs too small or too thin to fill a tile.

struct Uniforms {
  m: u32,
  n: u32,
  k: u32,
  stride_a: u32,
  stride_b: u32,
  stride_c: u32,
  flags: u32,
}

const has_bias = 1u;
const has_relu = 2u;
const accumulates = 4u;

override transpose_a: bool = false;
override transpose_b: bool = false;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

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
  var at_a = workgroup.z * uniforms.stride_a + select(row * uniforms.k, row, transpose_a);
  var at_b = workgroup.z * uniforms.stride_b + select(column, column * uniforms.k, transpose_b);
  let step_a = select(1u, uniforms.m, transpose_a);
  let step_b = select(uniforms.n, 1u, transpose_b);
  // Four sums run side by side, which is faster and rounds less than one long chain.
  var sums = vec4f();
  var k = 0u;
  for (; k + 4u <= uniforms.k; k += 4u) {
    let left = vec4f(a[at_a], a[at_a + step_a], a[at_a + 2u * step_a], a[at_a + 3u * step_a]);
    let right = vec4f(b[at_b], b[at_b + step_b], b[at_b + 2u * step_b], b[at_b + 3u * step_b]);
    sums = fma(left, right, sums);
    at_a += 4u * step_a;
    at_b += 4u * step_b;
  }
  var value = (sums.x + sums.y) + (sums.z + sums.w);
  for (; k < uniforms.k; k++) {
    value = fma(a[at_a], b[at_b], value);
    at_a += step_a;
    at_b += step_b;
  }
  let at = workgroup.z * uniforms.stride_c + row * uniforms.n + column;
  if ((uniforms.flags & has_bias) != 0u) {
    value += bias[column];
  }
  if ((uniforms.flags & accumulates) != 0u) {
    value += c[at];
  }
  if ((uniforms.flags & has_relu) != 0u) {
    // Negative numbers, by their bits: a comparison would take NaN for one on some drivers.
    value = select(value, 0.0, bitcast<u32>(value) - 0x80000000u <= 0x7f800000u);
  }
  c[at] = value;
}
