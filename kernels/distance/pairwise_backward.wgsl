// Sums of differences to all rows of y, weighted by a factor for each pair: u_ik = scale m_k sum_j c_ij (x_ik - y_jk), the
// way back from pairwise.wgsl to its rows (m = 1 unless `weighted`); with `squares` the differences are squared, which
// makes the gradient of m. Laid out as pairwise.wgsl: an invocation makes 4 rows x 32 columns of u from four rows of y at
// once. Rows of x, y and c end in zeros where they are no multiple of four long.

struct Uniforms {
  x_rows: u32,
  y_rows: u32,
  columns: u32,
  scale: f32,
}

override weighted: bool;
override squares: bool;

@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> c: array<vec4f>;
@group(0) @binding(3) var<storage, read> m: array<f32>;
@group(0) @binding(4) var<storage, read_write> u: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

fn row_of_x(row: u32, vectors: u32, first: u32) -> Row {
  let start = min(row, uniforms.x_rows - 1u) * vectors;
  let last = vectors - 1u;
  return Row(
    x[start + min(first, last)],
    x[start + min(first + 1u, last)],
    x[start + min(first + 2u, last)],
    x[start + min(first + 3u, last)],
    x[start + min(first + 4u, last)],
    x[start + min(first + 5u, last)],
    x[start + min(first + 6u, last)],
    x[start + min(first + 7u, last)],
  );
}

fn add_term(sum: Row, factor: f32, x_i: Row, y_j: Row) -> Row {
  if (squares) {
    let difference = difference_of(x_i, y_j);
    return add_differences(sum, factor, product_of(difference, difference), Row());
  }
  return add_differences(sum, factor, x_i, y_j);
}

fn add_four(sum: Row, factors: vec4f, x_i: Row, y_0: Row, y_1: Row, y_2: Row, y_3: Row) -> Row {
  let two = add_term(add_term(sum, factors.x, x_i, y_0), factors.y, x_i, y_1);
  return add_term(add_term(two, factors.z, x_i, y_2), factors.w, x_i, y_3);
}

fn store_four(row: u32, column: u32, sum: vec4f) {
  for (var k = 0u; k < min(4u, uniforms.columns - column); k += 1u) {
    var value = uniforms.scale * sum[k];
    if (weighted) {
      value *= m[column + k];
    }
    u[row * uniforms.columns + column + k] = value;
  }
}

// Loops, since a guarded store for each of the 128 numbers takes some drivers four times as long to compile.
fn store(row: u32, first: u32, sum: Row) {
  if (row >= uniforms.x_rows) {
    return;
  }
  var vectors = array(sum.a, sum.b, sum.c, sum.d, sum.e, sum.f, sum.g, sum.h);
  for (var i = 0u; i < 8u && first + 4u * i < uniforms.columns; i += 1u) {
    store_four(row, first + 4u * i, vectors[i]);
  }
}

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Vectors in a row of x and y, and in a row of c.
  let vectors = (uniforms.columns + 3u) / 4u;
  let pair_vectors = (uniforms.y_rows + 3u) / 4u;
  let first = workgroup.x * 8u;
  let row = workgroup.y * 32u + lane;
  let last_row = uniforms.x_rows - 1u;
  let last_y = uniforms.y_rows - 1u;
  let pair_0 = min(row, last_row) * pair_vectors;
  let pair_1 = min(row + 8u, last_row) * pair_vectors;
  let pair_2 = min(row + 16u, last_row) * pair_vectors;
  let pair_3 = min(row + 24u, last_row) * pair_vectors;
  let x_0 = row_of_x(row, vectors, first);
  let x_1 = row_of_x(row + 8u, vectors, first);
  let x_2 = row_of_x(row + 16u, vectors, first);
  let x_3 = row_of_x(row + 24u, vectors, first);
  var sum_0 = Row();
  var sum_1 = Row();
  var sum_2 = Row();
  var sum_3 = Row();
  for (var j = 0u; j < pair_vectors; j += 1u) {
    // Past the last row of y the factors are 0.
    let y_0 = row_of_y(4u * j * vectors, first, vectors - 1u, lane);
    let y_1 = row_of_y(min(4u * j + 1u, last_y) * vectors, first, vectors - 1u, lane);
    let y_2 = row_of_y(min(4u * j + 2u, last_y) * vectors, first, vectors - 1u, lane);
    let y_3 = row_of_y(min(4u * j + 3u, last_y) * vectors, first, vectors - 1u, lane);
    sum_0 = add_four(sum_0, c[pair_0 + j], x_0, y_0, y_1, y_2, y_3);
    sum_1 = add_four(sum_1, c[pair_1 + j], x_1, y_0, y_1, y_2, y_3);
    sum_2 = add_four(sum_2, c[pair_2 + j], x_2, y_0, y_1, y_2, y_3);
    sum_3 = add_four(sum_3, c[pair_3 + j], x_3, y_0, y_1, y_2, y_3);
  }
  store(row, 4u * first, sum_0);
  store(row + 8u, 4u * first, sum_1);
  store(row + 16u, 4u * first, sum_2);
  store(row + 24u, 4u * first, sum_3);
}
