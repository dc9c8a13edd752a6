// dx1[b, i] = sum over `rows` outputs o of dy[b, first + o] t[b, o, i], with t[b, o, :] = W_o x2[b, :]; added to what dx1
// holds where asked. Widths are of `Element`: f32, or vec4f where it allows.

struct Uniforms {
  batch: u32,
  // Outputs of this tile, and the first of them among all.
  rows: u32,
  first: u32,
  out: u32,
  width: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> t: array<Element>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx1: array<Element>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = workgroup.x * 64u + local;
  let b = workgroup.z * workgroups.y + workgroup.y;
  if (i >= uniforms.width || b >= uniforms.batch) {
    return;
  }
  let at = b * uniforms.width + i;
  var sum = Element(0.0);
  for (var o = 0u; o < uniforms.rows; o += 1u) {
    sum += dy[b * uniforms.out + uniforms.first + o] * t[(b * uniforms.rows + o) * uniforms.width + i];
  }
  if (uniforms.accumulate != 0u) {
    sum += dx1[at];
  }
  dx1[at] = sum;
}
