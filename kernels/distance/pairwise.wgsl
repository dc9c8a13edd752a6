// Distances of all rows of x to all rows of y: d_ij = sum_k (x_ik - y_jk)^2, or with `root` its square root, or with
// `product` sum_k (p_ik - q_jk) (x_ik - y_jk), which with p = x M and q = y M is (x_i - y_j)^T M (x_i - y_j).
//
// Differences are taken before they are squared: |x|^2 + |y|^2 - 2 x.y is not 0 for equal rows and has few digits for near
// ones. An invocation makes 4 rows x 16 columns of d, its neighbours the neighbouring rows, so that 6 loads (20 without
// broadcasts) serve 64 terms.

struct Uniforms {
  x_rows: u32,
  y_rows: u32,
  columns: u32,
}

override root: bool;
override product: bool;

@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> p: array<f32>;
@group(0) @binding(4) var<storage, read_write> distance_of: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

fn store_four(row: u32, column: u32, sum: vec4f) {
  var values = sum;
  if (root) {
    values = sqrt(values);
  }
  for (var i = 0u; i < 4u; i += 1u) {
    if (row < uniforms.x_rows && column + i < uniforms.y_rows) {
      distance_of[row * uniforms.y_rows + column + i] = values[i];
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
  let last_column = uniforms.y_rows - 1u;
  let row = workgroup.y * 32u + lane;
  let last_row = uniforms.x_rows - 1u;
  let row_0 = min(row, last_row) * columns;
  let row_1 = min(row + 8u, last_row) * columns;
  let row_2 = min(row + 16u, last_row) * columns;
  let row_3 = min(row + 24u, last_row) * columns;
  var sum_0 = Sixteen();
  var sum_1 = Sixteen();
  var sum_2 = Sixteen();
  var sum_3 = Sixteen();
  for (var k = 0u; k < columns; k += 1u) {
    let y_k = sixteen_of_y(k, columns, first_column, last_column, lane);
    if (product) {
      let q_k = sixteen_of_q(k, columns, first_column, last_column, lane);
      sum_0 = add_products(sum_0, p[row_0 + k], q_k, x[row_0 + k], y_k);
      sum_1 = add_products(sum_1, p[row_1 + k], q_k, x[row_1 + k], y_k);
      sum_2 = add_products(sum_2, p[row_2 + k], q_k, x[row_2 + k], y_k);
      sum_3 = add_products(sum_3, p[row_3 + k], q_k, x[row_3 + k], y_k);
    } else {
      sum_0 = add_squares(sum_0, x[row_0 + k], y_k);
      sum_1 = add_squares(sum_1, x[row_1 + k], y_k);
      sum_2 = add_squares(sum_2, x[row_2 + k], y_k);
      sum_3 = add_squares(sum_3, x[row_3 + k], y_k);
    }
  }
  store(row, first_column, sum_0);
  store(row + 8u, first_column, sum_1);
  store(row + 16u, first_column, sum_2);
  store(row + 24u, first_column, sum_3);
}
