// Which pairs of a batch's rows have the same label: positive[i, j] = 1 where label[i] = label[j] and i is not j, else 0;
// negative[i, j] = 1 where the labels differ, else 0. Labels are compared by their bits.

struct Uniforms {
  count: u32,
}

@group(0) @binding(0) var<storage, read> label: array<u32>;
@group(0) @binding(1) var<storage, read_write> positive: array<f32>;
@group(0) @binding(2) var<storage, read_write> negative: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (index >= uniforms.count * uniforms.count) {
    return;
  }
  let row = index / uniforms.count;
  let column = index % uniforms.count;
  let same = label[row] == label[column];
  positive[index] = select(0.0, 1.0, same && row != column);
  negative[index] = select(1.0, 0.0, same);
}
