// Layer normalisation of each row: y = (x - mean) / sqrt(variance + epsilon) * weight + bias, with the biased variance,
// and if asked the rectifier and inverted dropout on the result. One workgroup a row. After
// lane_sum.wgsl.
// Ba, Kiros, Hinton, "Layer Normalization" (2016).

alias Sums = f32;

struct Uniforms {
  rows: u32,
  columns: u32,
  inverse_columns: f32,
  epsilon: f32,
  threshold: u32,
  keep_scale: f32,
  seed: u32,
  stream: u32,
  step: u32,
  use_number: u32,
}

override affine: bool;
override relu: bool;
override dropout: bool;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
// Mean and 1 / standard deviation of each row.
@group(0) @binding(4) var<storage, read_write> statistics: array<vec2f>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// What follows the normalisation of an element: scale and shift, rectifier.
fn transformed(x_hat: f32, column: u32) -> f32 {
  var value = x_hat;
  if (affine) {
    value = value * weight[column] + bias[column];
  }
  if (relu) {
    value = rectified(value);
  }
  return value;
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

  // Sums are of differences from the first element, so that a large mean costs no digits.
  let origin = x[first];
  var sum = 0.0;
  for (var column = local; column < uniforms.columns; column += 64u) {
    sum += x[first + column] - origin;
  }
  let mean = origin + sum_over_lanes(local, sum) * uniforms.inverse_columns;

  var squares = 0.0;
  for (var column = local; column < uniforms.columns; column += 64u) {
    let difference = x[first + column] - mean;
    squares += difference * difference;
  }
  let variance = sum_over_lanes(local, squares) * uniforms.inverse_columns;
  let deviation_inverse = 1.0 / sqrt(variance + uniforms.epsilon);
  if (local == 0u) {
    statistics[row] = vec2f(mean, deviation_inverse);
  }

  for (var column = local; column < uniforms.columns; column += 64u) {
    let index = first + column;
    var value = transformed((x[index] - mean) * deviation_inverse, column);
    if (dropout) {
      value *= keep_factor(index);
    }
    y[index] = value;
  }
}
