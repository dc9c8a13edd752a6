// Sums of a matrix's rows: y[row] = scale * sum of x[row, column] over the columns, a multiple of four. One invocation a
// row, which reads 16 numbers side by side, a line of a cache.

struct Uniforms {
  rows: u32,
  columns: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
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
  var at = row * (uniforms.columns / 4u);
  let end = at + uniforms.columns / 4u;
  var sums = vec4f(0.0);
  for (; at + 4u <= end; at += 4u) {
    sums += (x[at] + x[at + 1u]) + (x[at + 2u] + x[at + 3u]);
  }
  for (; at < end; at += 1u) {
    sums += x[at];
  }
  y[row] = uniforms.scale * ((sums.x + sums.y) + (sums.z + sums.w));
}
