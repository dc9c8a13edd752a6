// y[b, first + o] = sum over i of t[b, o, i] x1[b, i] + bias[first + o], with t[b, o, :] = W_o x2[b, :] for `rows` outputs o.
// One invocation an output.

struct Uniforms {
  batch: u32,
  // Outputs of this tile, and the first of them among all.
  rows: u32,
  first: u32,
  out: u32,
  in1: u32,
  has_bias: u32,
}

@group(0) @binding(0) var<storage, read> t: array<f32>;
@group(0) @binding(1) var<storage, read> x1: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (row >= uniforms.batch * uniforms.rows) {
    return;
  }
  let b = row / uniforms.rows;
  let column = uniforms.first + row - b * uniforms.rows;
  let from_t = row * uniforms.in1;
  let from_x = b * uniforms.in1;
  var sums = vec4f(0.0);
  var i = 0u;
  for (; i + 4u <= uniforms.in1; i += 4u) {
    let at = from_t + i;
    let x = from_x + i;
    sums += vec4f(t[at], t[at + 1u], t[at + 2u], t[at + 3u]) * vec4f(x1[x], x1[x + 1u], x1[x + 2u], x1[x + 3u]);
  }
  for (; i < uniforms.in1; i += 1u) {
    sums.x += t[from_t + i] * x1[from_x + i];
  }
  var sum = (sums.x + sums.y) + (sums.z + sums.w);
  if (uniforms.has_bias != 0u) {
    sum += bias[column];
  }
  y[b * uniforms.out + column] = sum;
}
