// C = op(A) op(B) for GPUs with real workgroup memory: a workgroup of 16 x 16 computes 64 x 64 of C, an invocation
// 4 x 4; tiles of A and B, 16 deep, pass through workgroup memory.

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
const depth = 16u;
const side = 64u;

override transpose_a: bool = false;
override transpose_b: bool = false;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// One row a step of k, each 64 rows of A or 64 columns of B long, as vec4.
var<workgroup> tile_a: array<vec4f, 256>;
var<workgroup> tile_b: array<vec4f, 256>;

fn read_a(batch: u32, row: u32, k: u32) -> f32 {
  if (row >= uniforms.m || k >= uniforms.k) {
    return 0.0;
  }
  return a[batch * uniforms.stride_a + select(row * uniforms.k + k, k * uniforms.m + row, transpose_a)];
}

fn read_b(batch: u32, k: u32, column: u32) -> f32 {
  if (column >= uniforms.n || k >= uniforms.k) {
    return 0.0;
  }
  return b[batch * uniforms.stride_b + select(k * uniforms.n + column, column * uniforms.k + k, transpose_b)];
}

fn store(batch: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= uniforms.m) {
    return;
  }
  for (var q = 0u; q < 4u; q++) {
    if (column + q >= uniforms.n) {
      return;
    }
    let at = batch * uniforms.stride_c + row * uniforms.n + column + q;
    var value = sums[q];
    if ((uniforms.flags & has_bias) != 0u) {
      value += bias[column + q];
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
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let batch = workgroup.z;
  let first_row = workgroup.y * side;
  let first_column = workgroup.x * side;
  // Neighbouring invocations read neighbouring numbers, whichever way the matrix is stored.
  let a_outer = local >> select(2u, 4u, transpose_a);
  let a_inner = local & select(3u, 15u, transpose_a);
  let b_outer = local >> select(4u, 2u, transpose_b);
  let b_inner = local & select(15u, 3u, transpose_b);
  let tile_row = local >> 4u;
  let tile_column = local & 15u;
  var sum_0 = vec4f();
  var sum_1 = vec4f();
  var sum_2 = vec4f();
  var sum_3 = vec4f();
  for (var k = 0u; k < uniforms.k; k += depth) {
    if (transpose_a) {
      let row = first_row + a_inner * 4u;
      let at = k + a_outer;
      tile_a[local] = vec4f(
        read_a(batch, row, at), read_a(batch, row + 1u, at), read_a(batch, row + 2u, at), read_a(batch, row + 3u, at),
      );
    } else {
      // This invocation holds four steps of k of one row; they land in four rows of the tile.
      let row = first_row + a_outer;
      for (var q = 0u; q < 4u; q++) {
        tile_a[(a_inner * 4u + q) * 16u + (a_outer >> 2u)][a_outer & 3u] = read_a(batch, row, k + a_inner * 4u + q);
      }
    }
    if (transpose_b) {
      let column = first_column + b_outer;
      for (var q = 0u; q < 4u; q++) {
        tile_b[(b_inner * 4u + q) * 16u + (b_outer >> 2u)][b_outer & 3u] = read_b(batch, k + b_inner * 4u + q, column);
      }
    } else {
      let column = first_column + b_inner * 4u;
      let at = k + b_outer;
      tile_b[local] = vec4f(
        read_b(batch, at, column), read_b(batch, at, column + 1u), read_b(batch, at, column + 2u),
        read_b(batch, at, column + 3u),
      );
    }
    workgroupBarrier();
    for (var step = 0u; step < depth; step++) {
      let left = tile_a[step * 16u + tile_row];
      let right = tile_b[step * 16u + tile_column];
      sum_0 = fma(vec4f(left.x), right, sum_0);
      sum_1 = fma(vec4f(left.y), right, sum_1);
      sum_2 = fma(vec4f(left.z), right, sum_2);
      sum_3 = fma(vec4f(left.w), right, sum_3);
    }
    workgroupBarrier();
  }
  let row = first_row + tile_row * 4u;
  let column = first_column + tile_column * 4u;
  store(batch, row, column, sum_0);
  store(batch, row + 1u, column, sum_1);
  store(batch, row + 2u, column, sum_2);
  store(batch, row + 3u, column, sum_3);
}
