// u[b, o, i] = dy[b, first + o] x1[b, i] for `rows` outputs o: the rows that, times x2, give a tile of the weight's gradient,
// and, times a tile of the weight, the gradient of x2. Widths are of `Element`: f32, or vec4f where it allows.

struct Uniforms {
  batch: u32,
  // Outputs of this tile, and the first of them among all.
  rows: u32,
  first: u32,
  out: u32,
  width: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x1: array<Element>;
@group(0) @binding(2) var<storage, read_write> u: array<Element>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = workgroup.x * 64u + local;
  let row = workgroup.z * workgroups.y + workgroup.y;
  if (i >= uniforms.width || row >= uniforms.batch * uniforms.rows) {
    return;
  }
  let b = row / uniforms.rows;
  let o = row - b * uniforms.rows;
  u[row * uniforms.width + i] = dy[b * uniforms.out + uniforms.first + o] * x1[b * uniforms.width + i];
}
