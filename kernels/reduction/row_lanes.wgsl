// The row that an invocation works on, row = workgroup * rows of a workgroup + place in it, put before shaders that handle a
// matrix row by row, after lane_sum.wgsl. On a GPU the 64 invocations of a workgroup share a row; where the GPU is a CPU each
// of 8 has its own, since barriers are dear there.

override group_size: u32;

// The number of the row, which may lie past the end.
fn row_of(workgroup: vec3u, workgroups: vec3u, local: u32) -> u32 {
  return (workgroup.y * workgroups.x + workgroup.x) * (group_size / lanes) + local / lanes;
}
