// Distances of all rows of x to all rows of y: d_ij = sum_k (x_ik - y_jk)^2, or with `root` its square root, or with
// `product` sum_k (p_ik - q_jk) (x_ik - y_jk), which with p = x M and q = y M is (x_i - y_j)^T M (x_i - y_j).
//
// Differences are taken before they are squared: |x|^2 + |y|^2 - 2 x.y is not 0 for equal rows and has few digits for near
// ones. An invocation makes 4 rows x 32 columns of d from vectors of four steps of k (rows end in zeros where they are no
// multiple of four long), its neighbours the neighbouring rows: 8 loads (36 without broadcasts) serve 512 terms.

struct Uniforms {
  x_rows: u32,
  y_rows: u32,
  // Vectors in a row of x and y.
  vectors: u32,
}

override root: bool;
override product: bool;

@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> p: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> distance_of: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

fn add_four_squares(sum: Row, x_i: vec4f, y_k: FourSteps) -> Row {
  let two = add_squares(add_squares(sum, x_i.x, y_k.x), x_i.y, y_k.y);
  return add_squares(add_squares(two, x_i.z, y_k.z), x_i.w, y_k.w);
}

fn add_four_products(sum: Row, p_i: vec4f, q_k: FourSteps, x_i: vec4f, y_k: FourSteps) -> Row {
  let one = add_products(sum, p_i.x, q_k.x, x_i.x, y_k.x);
  let two = add_products(one, p_i.y, q_k.y, x_i.y, y_k.y);
  let three = add_products(two, p_i.z, q_k.z, x_i.z, y_k.z);
  return add_products(three, p_i.w, q_k.w, x_i.w, y_k.w);
}

fn store_four(row: u32, column: u32, sum: vec4f) {
  let values = select(sum, sqrt(sum), root);
  let at = row * uniforms.y_rows + column;
  if (row < uniforms.x_rows) {
    if (column < uniforms.y_rows) {
      distance_of[at] = values.x;
    }
    if (column + 1u < uniforms.y_rows) {
      distance_of[at + 1u] = values.y;
    }
    if (column + 2u < uniforms.y_rows) {
      distance_of[at + 2u] = values.z;
    }
    if (column + 3u < uniforms.y_rows) {
      distance_of[at + 3u] = values.w;
    }
  }
}

fn store(row: u32, column: u32, sum: Row) {
  store_four(row, column, sum.a);
  store_four(row, column + 4u, sum.b);
  store_four(row, column + 8u, sum.c);
  store_four(row, column + 12u, sum.d);
  store_four(row, column + 16u, sum.e);
  store_four(row, column + 20u, sum.f);
  store_four(row, column + 24u, sum.g);
  store_four(row, column + 28u, sum.h);
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let vectors = uniforms.vectors;
  let first_column = workgroup.x * 32u;
  let last_column = uniforms.y_rows - 1u;
  let row = workgroup.y * 32u + lane;
  let last_row = uniforms.x_rows - 1u;
  let row_0 = min(row, last_row) * vectors;
  let row_1 = min(row + 8u, last_row) * vectors;
  let row_2 = min(row + 16u, last_row) * vectors;
  let row_3 = min(row + 24u, last_row) * vectors;
  var sum_0 = Row();
  var sum_1 = Row();
  var sum_2 = Row();
  var sum_3 = Row();
  for (var k = 0u; k < vectors; k += 1u) {
    let y_k = steps_of_y(first_column, last_column, lane, vectors, k);
    if (product) {
      let q_k = steps_of_q(first_column, last_column, lane, vectors, k);
      sum_0 = add_four_products(sum_0, p[row_0 + k], q_k, x[row_0 + k], y_k);
      sum_1 = add_four_products(sum_1, p[row_1 + k], q_k, x[row_1 + k], y_k);
      sum_2 = add_four_products(sum_2, p[row_2 + k], q_k, x[row_2 + k], y_k);
      sum_3 = add_four_products(sum_3, p[row_3 + k], q_k, x[row_3 + k], y_k);
    } else {
      sum_0 = add_four_squares(sum_0, x[row_0 + k], y_k);
      sum_1 = add_four_squares(sum_1, x[row_1 + k], y_k);
      sum_2 = add_four_squares(sum_2, x[row_2 + k], y_k);
      sum_3 = add_four_squares(sum_3, x[row_3 + k], y_k);
    }
  }
  store(row, first_column, sum_0);
  store(row + 8u, first_column, sum_1);
  store(row + 16u, first_column, sum_2);
  store(row + 24u, first_column, sum_3);
}
