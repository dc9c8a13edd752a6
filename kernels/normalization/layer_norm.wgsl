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

// Means and sums of squared differences from them, of four interleaved series. One pass over the numbers finds both; a
// large mean costs no digits.
// Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
struct Moments {
  mean: vec4f,
  squares: vec4f,
}

// The moments of `count` vectors and four more.
fn with_four(moments: Moments, count: f32, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> Moments {
  let mean = ((a + b) + (c + d)) * 0.25;
  let from_a = a - mean;
  let from_b = b - mean;
  let from_c = c - mean;
  let from_d = d - mean;
  let squares = (from_a * from_a + from_b * from_b) + (from_c * from_c + from_d * from_d);
  let step = mean - moments.mean;
  let share = 4.0 / (count + 4.0);
  return Moments(moments.mean + step * share, moments.squares + squares + step * step * (count * share));
}

// The moments of `count` vectors and one more.
fn with_one(moments: Moments, count: f32, value: vec4f) -> Moments {
  let step = value - moments.mean;
  let share = 1.0 / (count + 1.0);
  return Moments(moments.mean + step * share, moments.squares + step * step * (count * share));
}

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

  var found = Moments();
  var i = 0u;
  // Four vectors side by side are a line of a cache, read once.
  for (; i + 4u <= vectors; i += 4u) {
    let at = first + i;
    found = with_four(found, f32(i), x[at], x[at + 1u], x[at + 2u], x[at + 3u]);
  }
  for (; i < vectors; i += 1u) {
    found = with_one(found, f32(i), x[first + i]);
  }
  let mean = sum_of(found.mean) * 0.25;
  let apart = found.mean - mean;
  let variance = (sum_of(found.squares) + f32(vectors) * sum_of(apart * apart)) * uniforms.inverse_columns;
  let deviation_inverse = 1.0 / sqrt(variance + uniforms.epsilon);
  statistics[row] = vec2f(mean, deviation_inverse);

  for (i = 0u; i < vectors; i += 1u) {
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
