// Sums of a matrix's rows: y[row] = scale * sum of x[row, column] over the columns. One invocation a row.

struct Uniforms {
  rows: u32,
  columns: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * 8u + local;
  if (row >= uniforms.rows) {
    return;
  }
  let first = row * uniforms.columns;
  var sums = vec4f(0.0);
  var column = 0u;
  for (; column + 4u <= uniforms.columns; column += 4u) {
    let at = first + column;
    sums += vec4f(x[at], x[at + 1u], x[at + 2u], x[at + 3u]);
  }
  for (; column < uniforms.columns; column += 1u) {
    sums.x += x[first + column];
  }
  y[row] = uniforms.scale * ((sums.x + sums.y) + (sums.z + sums.w));
}
