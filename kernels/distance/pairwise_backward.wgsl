// Sums of differences to all rows of y, weighted by a factor for each pair: u_ik = scale m_k sum_j c_ij (x_ik - y_jk), the
// way back from pairwise.wgsl to its rows (m = 1 unless `weighted`); with `squares` the differences are squared, which
// makes the gradient of m. Laid out as pairwise.wgsl: an invocation makes 4 rows x 16 columns of u.

struct Uniforms {
  x_rows: u32,
  y_rows: u32,
  columns: u32,
  // Elements of c from one row of x to the next, and from one row of y to the next.
  stride_x: u32,
  stride_y: u32,
  scale: f32,
}

override weighted: bool;
override squares: bool;

@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> c: array<f32>;
@group(0) @binding(4) var<storage, read> m: array<f32>;
@group(0) @binding(5) var<storage, read_write> u: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

fn four_of_x(row: u32, column: u32) -> vec4f {
  let start = min(row, uniforms.x_rows - 1u) * uniforms.columns;
  let last = uniforms.columns - 1u;
  return vec4f(
    x[start + min(column, last)],
    x[start + min(column + 1u, last)],
    x[start + min(column + 2u, last)],
    x[start + min(column + 3u, last)],
  );
}

fn sixteen_of_x(row: u32, column: u32) -> Sixteen {
  return Sixteen(
    four_of_x(row, column),
    four_of_x(row, column + 4u),
    four_of_x(row, column + 8u),
    four_of_x(row, column + 12u),
  );
}

fn add_terms(sum: Sixteen, factor: f32, x_i: Sixteen, y_j: Sixteen) -> Sixteen {
  if (squares) {
    return add_scaled_squares(sum, factor, x_i, y_j);
  }
  return add_differences(sum, factor, x_i, y_j);
}

fn store_four(row: u32, column: u32, sum: vec4f) {
  for (var i = 0u; i < 4u; i += 1u) {
    if (row < uniforms.x_rows && column + i < uniforms.columns) {
      var value = uniforms.scale * sum[i];
      if (weighted) {
        value *= m[column + i];
      }
      u[row * uniforms.columns + column + i] = value;
    }
  }
}

fn store(row: u32, column: u32, sum: Sixteen) {
  store_four(row, column, sum.a);
  store_four(row, column + 4u, sum.b);
  store_four(row, column + 8u, sum.c);
  store_four(row, column + 12u, sum.d);
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let columns = uniforms.columns;
  let first_column = workgroup.x * 16u;
  let row = workgroup.y * 32u + lane;
  let last_row = uniforms.x_rows - 1u;
  let pair_0 = min(row, last_row) * uniforms.stride_x;
  let pair_1 = min(row + 8u, last_row) * uniforms.stride_x;
  let pair_2 = min(row + 16u, last_row) * uniforms.stride_x;
  let pair_3 = min(row + 24u, last_row) * uniforms.stride_x;
  let x_0 = sixteen_of_x(row, first_column);
  let x_1 = sixteen_of_x(row + 8u, first_column);
  let x_2 = sixteen_of_x(row + 16u, first_column);
  let x_3 = sixteen_of_x(row + 24u, first_column);
  var sum_0 = Sixteen();
  var sum_1 = Sixteen();
  var sum_2 = Sixteen();
  var sum_3 = Sixteen();
  for (var j = 0u; j < uniforms.y_rows; j += 1u) {
    let y_j = sixteen_of_y(j * columns, 1u, first_column, columns - 1u, lane);
    let next = j * uniforms.stride_y;
    sum_0 = add_terms(sum_0, c[pair_0 + next], x_0, y_j);
    sum_1 = add_terms(sum_1, c[pair_1 + next], x_1, y_j);
    sum_2 = add_terms(sum_2, c[pair_2 + next], x_2, y_j);
    sum_3 = add_terms(sum_3, c[pair_3 + next], x_3, y_j);
  }
  store(row, first_column, sum_0);
  store(row + 8u, first_column, sum_1);
  store(row + 16u, first_column, sum_2);
  store(row + 24u, first_column, sum_3);
}
