// Layer normalisation of each row: y = (x - mean) / sqrt(variance + epsilon) * weight + bias, with the biased variance,
// and if asked the rectifier and inverted dropout on the result. One invocation a row, by vectors of four columns: for GPUs that
// are CPUs.
// Ba, Kiros, Hinton, "Layer Normalization" (2016).

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

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;
// Mean and 1 / standard deviation of each row.
@group(0) @binding(4) var<storage, read_write> statistics: array<vec2f>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

fn sum_of(values: vec4f) -> f32 {
  return (values.x + values.y) + (values.z + values.w);
}

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
  let vectors = uniforms.columns / 4u;
  let first = row * vectors;

  // Sums are of differences from the first element, so that a large mean costs no digits.
  let origin = x[first].x;
  var sums = vec4f(0.0);
  for (var i = 0u; i < vectors; i += 1u) {
    sums += x[first + i] - origin;
  }
  let mean = origin + sum_of(sums) * uniforms.inverse_columns;

  var squares = vec4f(0.0);
  for (var i = 0u; i < vectors; i += 1u) {
    let difference = x[first + i] - mean;
    squares += difference * difference;
  }
  let variance = sum_of(squares) * uniforms.inverse_columns;
  let deviation_inverse = 1.0 / sqrt(variance + uniforms.epsilon);
  statistics[row] = vec2f(mean, deviation_inverse);

  for (var i = 0u; i < vectors; i += 1u) {
    let index = first + i;
    var value = (x[index] - mean) * deviation_inverse;
    if (affine) {
      value = value * weight[i] + bias[i];
    }
    if (relu) {
      value = rectified(value);
    }
    if (dropout) {
      value *= keep_factor(index);
    }
    y[index] = value;
  }
}
