// Gradient of layer normalisation for its input, with g the gradient of the normalised value h:
// dx = (g - mean(g) - h mean(g h)) / standard deviation. One workgroup a row. After lane_sum.wgsl.

alias Sums = vec2f;

struct Uniforms {
  rows: u32,
  columns: u32,
  inverse_columns: f32,
  keep_scale: f32,
}

override affine: bool;
override relu: bool;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> statistics: array<vec2f>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> y: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// Gradient of the normalised value: back through dropout and rectifier (both of which y > 0 tells), then the weight.
fn normalized_gradient(index: u32, column: u32) -> f32 {
  var gradient = dy[index];
  if (relu) {
    gradient = select(0.0, gradient * uniforms.keep_scale, y[index] > 0.0);
  }
  if (affine) {
    gradient *= weight[column];
  }
  return gradient;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = workgroup.y * workgroups.x + workgroup.x;
  if (row >= uniforms.rows) {
    return;
  }
  let first = row * uniforms.columns;
  let mean = statistics[row].x;
  let deviation_inverse = statistics[row].y;

  var sums = vec2f(0.0);
  for (var column = local; column < uniforms.columns; column += 64u) {
    let gradient = normalized_gradient(first + column, column);
    sums += vec2f(gradient, gradient * ((x[first + column] - mean) * deviation_inverse));
  }
  let means = sum_over_lanes(local, sums) * uniforms.inverse_columns;

  for (var column = local; column < uniforms.columns; column += 64u) {
    let at = first + column;
    let normalized = (x[at] - mean) * deviation_inverse;
    dx[at] = (normalized_gradient(at, column) - means.x - normalized * means.y) * deviation_inverse;
  }
}
