// Layer normalisation of each row: y = (x - mean) / sqrt(variance + epsilon) * weight + bias, with the biased variance,
// and if asked the rectifier and inverted dropout on the result. One invocation a row: for GPUs that are CPUs.
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

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
// Mean and 1 / standard deviation of each row.
@group(0) @binding(4) var<storage, read_write> statistics: array<vec2f>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// max(x, 0) that lets NaN pass. By bits, since drivers turn comparisons round: -0 and below, up to -infinity.
fn rectified(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return select(x, 0.0, bits >= 0x80000000u && bits <= 0xff800000u);
}

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
  let last = first + uniforms.columns;

  // Sums are of differences from the first element, so that a large mean costs no digits.
  let origin = x[first];
  var sums = vec4f(0.0);
  var index = first;
  for (; index + 4u <= last; index += 4u) {
    sums += vec4f(x[index], x[index + 1u], x[index + 2u], x[index + 3u]) - origin;
  }
  for (; index < last; index += 1u) {
    sums.x += x[index] - origin;
  }
  let mean = origin + ((sums.x + sums.y) + (sums.z + sums.w)) * uniforms.inverse_columns;

  var squares = vec4f(0.0);
  index = first;
  for (; index + 4u <= last; index += 4u) {
    let difference = vec4f(x[index], x[index + 1u], x[index + 2u], x[index + 3u]) - mean;
    squares += difference * difference;
  }
  for (; index < last; index += 1u) {
    let difference = x[index] - mean;
    squares.x += difference * difference;
  }
  let variance = ((squares.x + squares.y) + (squares.z + squares.w)) * uniforms.inverse_columns;
  let deviation_inverse = 1.0 / sqrt(variance + uniforms.epsilon);
  statistics[row] = vec2f(mean, deviation_inverse);

  if (dropout) {
    // By blocks of four random words, whose first and last may reach into the neighbouring rows.
    for (var block = first >> 2u; 4u * block < last; block += 1u) {
      let words = philox(vec4u(block, 0u, uniforms.step, uniforms.use_number), vec2u(uniforms.seed, uniforms.stream));
      let factors = select(vec4f(0.0), vec4f(uniforms.keep_scale), words >= vec4u(uniforms.threshold));
      for (var lane = 0u; lane < 4u; lane += 1u) {
        index = 4u * block + lane;
        if (index >= first && index < last) {
          y[index] = transformed((x[index] - mean) * deviation_inverse, index - first) * factors[lane];
        }
      }
    }
  } else {
    for (var column = 0u; column < uniforms.columns; column += 1u) {
      y[first + column] = transformed((x[first + column] - mean) * deviation_inverse, column);
    }
  }
}
