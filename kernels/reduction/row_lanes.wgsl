// Sums over the columns of a row, put before shaders that handle a matrix row by row. On a GPU the 64 invocations of a
// workgroup share a row; where the GPU is a CPU each of 8 has its own, since barriers are dear there.

override lanes: u32;
override group_size: u32;

var<workgroup> partial: array<vec4f, 64>;

// The number of the row an invocation works on, which may lie past the end.
fn row_of(workgroup: vec3u, workgroups: vec3u, local: u32) -> u32 {
  return (workgroup.y * workgroups.x + workgroup.x) * (group_size / lanes) + local / lanes;
}

// Sum of what the invocations of a row have found. All invocations of the workgroup must come here.
fn sum_over_lanes(local: u32, found: vec4f) -> vec4f {
  var sum = found;
  if (lanes > 1u) {
    partial[local] = found;
    workgroupBarrier();
    for (var half = lanes / 2u; half > 0u; half /= 2u) {
      if (local < half) {
        partial[local] += partial[local + half];
      }
      workgroupBarrier();
    }
    sum = partial[0];
  }
  return sum;
}
