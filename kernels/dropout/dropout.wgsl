// Inverted dropout: y = x / (1 - p) where the element's random word is at least p 2^32, else 0. The mask is not stored:
// the same launch on the gradient gives the backward pass. One invocation for the four elements of a Philox block.

struct Uniforms {
  count: u32,
  threshold: u32,
  keep_scale: f32,
  seed: u32,
  stream: u32,
  step: u32,
  use_number: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// Which of the four elements of a vector lie before the end.
fn inside(index: u32) -> vec4<bool> {
  return vec4u(0u, 1u, 2u, 3u) < vec4u(uniforms.count - 4u * index);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (4u * index >= uniforms.count) {
    return;
  }
  let words = philox(vec4u(index, 0u, uniforms.step, uniforms.use_number), vec2u(uniforms.seed, uniforms.stream));
  let factors = select(vec4f(0.0), vec4f(uniforms.keep_scale), words >= vec4u(uniforms.threshold));
  var values = x[index] * factors;
  if (!all(inside(index))) {
    values = select(y[index], values, inside(index));
  }
  y[index] = values;
}
