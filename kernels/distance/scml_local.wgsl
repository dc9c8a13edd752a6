// Local distances of sparse compositional metric learning with their gradients: d = sum_i (u_i s_i)^2, where u_i = a_i . z + c_i
// is the root of the weight of basis vector b_i and s_i = (x - y) . b_i; dd/du_i = 2 u_i s_i^2, dd/ds_i = 2 u_i^2 s_i.
// Shi, Bellet, Sha, "Sparse compositional metric learning" (2014), section 3.3.

alias Sums = f32;

struct Uniforms {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> u: array<f32>;
@group(0) @binding(1) var<storage, read> s: array<f32>;
@group(0) @binding(2) var<storage, read_write> distance_of: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient_u: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient_s: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(group_size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = row_of(workgroup, workgroups, local);
  let lane = local % lanes;
  // Rows past the end repeat the last one and write nothing: all invocations have to meet at the barriers.
  let inside = row < uniforms.rows;
  let first = min(row, uniforms.rows - 1u) * uniforms.columns;
  var found = 0.0;
  for (var column = lane; column < uniforms.columns; column += lanes) {
    let u_i = u[first + column];
    let s_i = s[first + column];
    found += (u_i * s_i) * (u_i * s_i);
    if (inside) {
      gradient_u[first + column] = 2.0 * u_i * s_i * s_i;
      gradient_s[first + column] = 2.0 * u_i * s_i * u_i;
    }
  }
  let sum = sum_over_lanes(local, found);
  if (inside && lane == 0u) {
    distance_of[row] = sum;
  }
}
