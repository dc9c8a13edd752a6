// Batch normalisation with given statistics of each channel: y = (x - mean) / sqrt(variance + epsilon) * weight + bias,
// and if asked the rectifier and inverted dropout on the result. x is seen as rows and columns: a channel is a column, or where
// not `by_column` every `channels`-th row. One invocation an `Element`.
// Ioffe, Szegedy, "Batch Normalization" (2015).

struct Uniforms {
  rows: u32,
  columns: u32,
  channels: u32,
  epsilon: f32,
  threshold: u32,
  keep_scale: f32,
  seed: u32,
  stream: u32,
  step: u32,
  use_number: u32,
}

override by_column: bool;
override affine: bool;
override relu: bool;
override dropout: bool;

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> mean: array<Element>;
@group(0) @binding(2) var<storage, read> variance: array<Element>;
@group(0) @binding(3) var<storage, read> weight: array<Element>;
@group(0) @binding(4) var<storage, read> bias: array<Element>;
@group(0) @binding(5) var<storage, read_write> y: array<Element>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let column = workgroup.x * 64u + local;
  let row = workgroup.z * workgroups.y + workgroup.y;
  if (column >= uniforms.columns || row >= uniforms.rows) {
    return;
  }
  var channel = column;
  if (!by_column) {
    channel = row % uniforms.channels;
  }
  let index = row * uniforms.columns + column;
  var value = (x[index] - mean[channel]) * (1.0 / sqrt(variance[channel] + uniforms.epsilon));
  if (affine) {
    value = value * weight[channel] + bias[channel];
  }
  if (relu) {
    value = rectified(value);
  }
  if (dropout) {
    value *= keep_factor(index);
  }
  y[index] = value;
}
