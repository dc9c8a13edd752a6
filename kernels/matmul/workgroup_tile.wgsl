// C = op(A) op(B) for GPUs with real workgroup memory: a workgroup of 16 x 16 computes 64 x 64 of C, an invocation
// 4 x 4; tiles of A and B, 16 deep, pass through workgroup memory.

const depth = 16u;
const side = 64u;

override transpose_a: bool = false;
override transpose_b: bool = false;

// One row a step of k, each 64 rows of A or 64 columns of B long, as vec4.
var<workgroup> tile_a: array<vec4f, 256>;
var<workgroup> tile_b: array<vec4f, 256>;

fn read_a(batch: u32, row: u32, k: u32, end: u32) -> f32 {
  if (row >= uniforms.m || k >= end) {
    return 0.0;
  }
  return f32(a[batch * uniforms.stride_a + select(row * uniforms.k + k, k * uniforms.m + row, transpose_a)]);
}

fn read_b(batch: u32, k: u32, column: u32, end: u32) -> f32 {
  if (column >= uniforms.n || k >= end) {
    return 0.0;
  }
  return f32(b[batch * uniforms.stride_b + select(k * uniforms.n + column, column * uniforms.k + k, transpose_b)]);
}

fn store_four(product: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= uniforms.m) {
    return;
  }
  for (var q = 0u; q < 4u; q++) {
    if (column + q < uniforms.n) {
      store(product * uniforms.stride_c + row * uniforms.n + column + q, column + q, sums[q]);
    }
  }
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let batch = workgroup.z / uniforms.parts;
  let first_step = (workgroup.z % uniforms.parts) * uniforms.part_length;
  let end = first_step + min(uniforms.part_length, uniforms.k - first_step);
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
  for (var k = first_step; k < end; k += depth) {
    if (transpose_a) {
      let row = first_row + a_inner * 4u;
      let at = k + a_outer;
      tile_a[local] = vec4f(
        read_a(batch, row, at, end), read_a(batch, row + 1u, at, end), read_a(batch, row + 2u, at, end), read_a(batch, row + 3u, at, end),
      );
    } else {
      // This invocation holds four steps of k of one row; they land in four rows of the tile.
      let row = first_row + a_outer;
      for (var q = 0u; q < 4u; q++) {
        tile_a[(a_inner * 4u + q) * 16u + (a_outer >> 2u)][a_outer & 3u] = read_a(batch, row, k + a_inner * 4u + q, end);
      }
    }
    if (transpose_b) {
      let column = first_column + b_outer;
      for (var q = 0u; q < 4u; q++) {
        tile_b[(b_inner * 4u + q) * 16u + (b_outer >> 2u)][b_outer & 3u] = read_b(batch, k + b_inner * 4u + q, column, end);
      }
    } else {
      let column = first_column + b_inner * 4u;
      let at = k + b_outer;
      tile_b[local] = vec4f(
        read_b(batch, at, column, end), read_b(batch, at, column + 1u, end), read_b(batch, at, column + 2u, end),
        read_b(batch, at, column + 3u, end),
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
  store_four(workgroup.z, row, column, sum_0);
  store_four(workgroup.z, row + 1u, column, sum_1);
  store_four(workgroup.z, row + 2u, column, sum_2);
  store_four(workgroup.z, row + 3u, column, sum_3);
}
