// The way back from y = scale x / max(|x|, eps): dx = scale / |x| (dy - n (n . dy)) with n = x / |x|, and scale / eps dy
// where |x| is not above eps. After stable.wgsl.

alias Sums = f32;

struct Uniforms {
  rows: u32,
  columns: u32,
  scale: f32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> norm: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
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
  let read_row = min(row, uniforms.rows - 1u);
  let first = read_row * uniforms.columns;
  let length_of_x = norm[read_row];
  // Drivers lose NaN in max: it passes as it is.
  let divisor = select(max(length_of_x, uniforms.epsilon), length_of_x, is_nan(length_of_x));
  let along = length_of_x > uniforms.epsilon;
  var found = 0.0;
  for (var column = lane; column < uniforms.columns; column += lanes) {
    found += x[first + column] / divisor * dy[first + column];
  }
  let projection = select(0.0, sum_over_lanes(local, found), along);
  if (row >= uniforms.rows) {
    return;
  }
  for (var column = lane; column < uniforms.columns; column += lanes) {
    let at = row * uniforms.columns + column;
    let across = dy[at] - x[at] / divisor * projection;
    dx[at] = uniforms.scale / divisor * across;
  }
}
