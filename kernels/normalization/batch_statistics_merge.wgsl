// Merges the chunks of batch_statistics.wgsl into mean and biased variance of each channel, with n the elements of a chunk
// and N those of all: mean = sum of n mean_chunk / N, variance = sum of squares + n (mean_chunk - mean)^2 over N. Moves
// the running statistics towards them, running += momentum (new - running), the running variance towards the unbiased
// one. A batch that is not finite leaves the running statistics as they are. One invocation a channel.
// Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).

struct Uniforms {
  batch: u32,
  channels: u32,
  inner: u32,
  chunk_rows: u32,
  momentum: f32,
}

@group(0) @binding(0) var<storage, read> means: array<f32>;
@group(0) @binding(1) var<storage, read> squares: array<f32>;
@group(0) @binding(2) var<storage, read_write> mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> variance: array<f32>;
@group(0) @binding(4) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> running_variance: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// By bits, since drivers may fold comparisons with NaN away.
fn finite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let channel = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (channel >= uniforms.channels) {
    return;
  }
  let total = f32(uniforms.batch * uniforms.inner);
  let origin = means[channel];

  var shift = 0.0;
  var at = channel;
  for (var first = 0u; first < uniforms.batch; first += uniforms.chunk_rows) {
    let count = f32(min(uniforms.chunk_rows, uniforms.batch - first) * uniforms.inner);
    shift += count * (means[at] - origin);
    at += uniforms.channels;
  }
  let batch_mean = origin + shift / total;

  var sum_of_squares = 0.0;
  at = channel;
  for (var first = 0u; first < uniforms.batch; first += uniforms.chunk_rows) {
    let count = f32(min(uniforms.chunk_rows, uniforms.batch - first) * uniforms.inner);
    let difference = means[at] - batch_mean;
    sum_of_squares += squares[at] + count * difference * difference;
    at += uniforms.channels;
  }
  mean[channel] = batch_mean;
  variance[channel] = sum_of_squares / total;
  if (finite(batch_mean) && finite(sum_of_squares)) {
    let unbiased = sum_of_squares / (total - 1.0);
    running_mean[channel] += uniforms.momentum * (batch_mean - running_mean[channel]);
    running_variance[channel] += uniforms.momentum * (unbiased - running_variance[channel]);
  }
}
