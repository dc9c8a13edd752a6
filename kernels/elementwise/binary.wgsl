// Arithmetic on two tensors: y = a + b (0), a - b (1), a * b (2), a / b (3). With `repeat`, b is a row of `period` elements
// that meets every row of a. Counts are of
// `Element`: f32, or vec4f where all sizes allow.

struct Uniforms {
  count: u32,
  period: u32,
}

override operation: u32;
override repeat: bool;

@group(0) @binding(0) var<storage, read> a: array<Element>;
@group(0) @binding(1) var<storage, read> b: array<Element>;
@group(0) @binding(2) var<storage, read_write> y: array<Element>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (index >= uniforms.count) {
    return;
  }
  var index_b = index;
  if (repeat) {
    index_b = index % uniforms.period;
  }
  let left = a[index];
  let right = b[index_b];
  switch operation {
    case 0u: {
      y[index] = left + right;
    }
    case 1u: {
      y[index] = left - right;
    }
    case 2u: {
      y[index] = left * right;
    }
    default: {
      y[index] = left / right;
    }
  }
}
