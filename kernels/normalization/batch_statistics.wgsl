// Statistics of each channel of x [batch, channels, inner], over chunks of the batch: mean = sum of x / n and
// squares = sum of (x - mean)^2.
// One invocation a channel and chunk: two passes, so that a large mean costs no digits. Counts of channels are of
// `Element`: f32, or vec4f where inner is 1 and the channels allow.

struct Uniforms {
  batch: u32,
  channels: u32,
  inner: u32,
  chunk_rows: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> means: array<Element>;
@group(0) @binding(2) var<storage, read_write> squares: array<Element>;
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
  let start = (first * uniforms.channels + channel) * inner;
  // From the channel's last element of a row to its first of the next.
  let jump = (uniforms.channels - 1u) * inner + 1u;

  let origin = x[start];
  var sum = Element(0.0);
  var at = start;
  var inside = 1u;
  for (var k = 0u; k < count; k += 1u) {
    sum += x[at] - origin;
    at += select(1u, jump, inside == inner);
    inside = select(inside + 1u, 1u, inside == inner);
  }
  let mean = origin + sum / f32(count);

  var sum_of_squares = Element(0.0);
  at = start;
  for (var k = 0u; k < count; k += 1u) {
    let difference = x[at] - mean;
    sum_of_squares += difference * difference;
    at += select(1u, jump, inside == inner);
    inside = select(inside + 1u, 1u, inside == inner);
  }
  let index = chunk * uniforms.channels + channel;
  means[index] = mean;
  squares[index] = sum_of_squares;
}
