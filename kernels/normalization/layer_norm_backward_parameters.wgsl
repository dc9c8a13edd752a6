// Gradients of layer normalisation for weight and bias over chunks of rows: with g the gradient before the rectifier and
// h the normalised value, dweight = sum of g h and dbias = sum of g. One invocation a column and chunk.

struct Uniforms {
  rows: u32,
  columns: u32,
  chunk_rows: u32,
  keep_scale: f32,
  accumulate: u32,
}

override relu: bool;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> statistics: array<vec2f>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(5) var<storage, read_write> dbias: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// The row's terms of both sums.
fn terms(row: u32, column: u32) -> vec2f {
  let at = row * uniforms.columns + column;
  var gradient = dy[at];
  if (relu) {
    gradient = select(0.0, gradient * uniforms.keep_scale, y[at] > 0.0);
  }
  return vec2f(gradient * ((x[at] - statistics[row].x) * statistics[row].y), gradient);
}

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
  let last = first + min(uniforms.chunk_rows, uniforms.rows - first);
  // Two running sums of each kind: even and odd rows.
  var even = vec2f(0.0);
  var odd = vec2f(0.0);
  var row = first;
  for (; row + 2u <= last; row += 2u) {
    even += terms(row, column);
    odd += terms(row + 1u, column);
  }
  if (row < last) {
    even += terms(row, column);
  }
  var sums = even + odd;
  let index = chunk * uniforms.columns + column;
  if (uniforms.accumulate != 0u) {
    sums += vec2f(dweight[index], dbias[index]);
  }
  dweight[index] = sums.x;
  dbias[index] = sums.y;
}
