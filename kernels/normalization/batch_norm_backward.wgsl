// Gradient of batch normalisation for its input, with g the gradient before the rectifier and h the normalised value:
// dx = (g - mean(g) - h mean(g h)) weight / standard deviation over a channel of the batch that gave the statistics
// (`training`), where the sums of g and g h are those for bias and weight; with statistics from elsewhere only the first
// term. One invocation an `Element` of batch_norm.wgsl's rows and columns.

struct Uniforms {
  rows: u32,
  columns: u32,
  channels: u32,
  // 1 / the number of elements of a channel.
  inverse_count: f32,
  epsilon: f32,
  keep_scale: f32,
}

override by_column: bool;
override affine: bool;
override relu: bool;
override training: bool;

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> mean: array<Element>;
@group(0) @binding(2) var<storage, read> variance: array<Element>;
@group(0) @binding(3) var<storage, read> weight: array<Element>;
@group(0) @binding(4) var<storage, read> y: array<Element>;
@group(0) @binding(5) var<storage, read> dy: array<Element>;
// Of g h, then of g, for each channel.
@group(0) @binding(6) var<storage, read> sums: array<Element>;
@group(0) @binding(7) var<storage, read_write> dx: array<Element>;
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
  let deviation_inverse = 1.0 / sqrt(variance[channel] + uniforms.epsilon);
  var gradient = dy[index];
  if (relu) {
    gradient = select(Element(0.0), gradient * uniforms.keep_scale, y[index] > Element(0.0));
  }
  if (training) {
    let normalized = (x[index] - mean[channel]) * deviation_inverse;
    gradient -= (sums[uniforms.channels + channel] + normalized * sums[channel]) * uniforms.inverse_count;
  }
  if (affine) {
    gradient *= weight[channel];
  }
  dx[index] = gradient * deviation_inverse;
}
