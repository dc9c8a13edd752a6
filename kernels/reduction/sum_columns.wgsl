// Sums of a matrix's columns over chunks of rows: y[chunk, column] = scale * sum of x[row, column] over the chunk's rows.
// One invocation a column and chunk. Four running sums keep rounding small; their order is fixed.

struct Uniforms {
  rows: u32,
  columns: u32,
  stride: u32,
  offset: u32,
  // Columns that the last row has; the others end a row earlier.
  last_row_columns: u32,
  chunk_rows: u32,
  scale: f32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let column = workgroup.x * 64u + local;
  let chunk = workgroup.z * workgroups.y + workgroup.y;
  let first = chunk * uniforms.chunk_rows;
  if (column >= uniforms.columns || first >= uniforms.rows) {
    return;
  }
  let rows = uniforms.rows - select(0u, 1u, column >= uniforms.last_row_columns);
  let last = first + min(uniforms.chunk_rows, rows - first);
  let stride = uniforms.stride;
  var at = uniforms.offset + first * stride + column;
  var sums = vec4f(0.0);
  var row = first;
  for (; row + 4u <= last; row += 4u) {
    sums += vec4f(x[at], x[at + stride], x[at + 2u * stride], x[at + 3u * stride]);
    at += 4u * stride;
  }
  for (; row < last; row += 1u) {
    sums.x += x[at];
    at += stride;
  }
  var sum = uniforms.scale * ((sums.x + sums.y) + (sums.z + sums.w));
  let index = chunk * uniforms.columns + column;
  if (uniforms.accumulate != 0u) {
    sum += y[index];
  }
  y[index] = sum;
}
