// Softmax of rows by exponentials_rows.wgsl, y = e^x / sum of e^x, or its logarithm, four numbers at a time. One
// invocation a row.

@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

override logarithm: bool;

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * 8u + local;
  if (row >= uniforms.outer) {
    return;
  }
  let sums = exponentials(row * uniforms.size, uniforms.inner);
  let first = row * (uniforms.size / 4u);
  let end = first + uniforms.size / 4u;
  if (logarithm) {
    let log_sum = log_of_sum(Exponentials(0.0, sums.rest, sums.own));
    for (var at = first; at < end; at += 1u) {
      y[at] = (x[at] - sums.greatest) - log_sum;
    }
  } else {
    let inverse = 1.0 / (sums.own + sums.rest);
    for (var at = first; at < end; at += 1u) {
      y[at] = exponential_of_four(x[at] - sums.greatest) * inverse;
    }
  }
}
