// Gradients of batch normalisation for weight and bias over chunks of the batch: with g the gradient before the rectifier
// and h the normalised value, dweight = sum of g h and dbias = sum of g over x [batch, channels, inner]. One invocation a channel and
// chunk. Counts of channels are of `Element`: f32, or vec4f where inner is 1 and the channels allow.

struct Uniforms {
  batch: u32,
  channels: u32,
  inner: u32,
  chunk_rows: u32,
  epsilon: f32,
  keep_scale: f32,
}

override relu: bool;

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> mean: array<Element>;
@group(0) @binding(2) var<storage, read> variance: array<Element>;
@group(0) @binding(3) var<storage, read> y: array<Element>;
@group(0) @binding(4) var<storage, read> dy: array<Element>;
@group(0) @binding(5) var<storage, read_write> dweight: array<Element>;
@group(0) @binding(6) var<storage, read_write> dbias: array<Element>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let channel = workgroup.x * 64u + local;
  let chunk = workgroup.z * workgroups.y + workgroup.y;
  let first = chunk * uniforms.chunk_rows;
  if (channel >= uniforms.channels || first >= uniforms.batch) {
    return;
  }
  let inner = uniforms.inner;
  let count = min(uniforms.chunk_rows, uniforms.batch - first) * inner;
  // From the channel's last element of a row to its first of the next.
  let jump = (uniforms.channels - 1u) * inner + 1u;
  let channel_mean = mean[channel];
  let deviation_inverse = 1.0 / sqrt(variance[channel] + uniforms.epsilon);

  var sum = Element(0.0);
  var product_sum = Element(0.0);
  var at = (first * uniforms.channels + channel) * inner;
  var inside = 1u;
  for (var k = 0u; k < count; k += 1u) {
    var gradient = dy[at];
    if (relu) {
      gradient = select(Element(0.0), gradient * uniforms.keep_scale, y[at] > Element(0.0));
    }
    sum += gradient;
    product_sum += gradient * (x[at] - channel_mean);
    at += select(1u, jump, inside == inner);
    inside = select(inside + 1u, 1u, inside == inner);
  }
  let index = chunk * uniforms.channels + channel;
  dweight[index] = product_sum * deviation_inverse;
  dbias[index] = sum;
}
