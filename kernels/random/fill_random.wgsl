// Random numbers: y = low + scale u with u uniform on [0, 1) by 24 bits (0), y = mean + scale n with n standard normal by
// Box and Muller (1), or the words themselves (2). One invocation for the four elements of a Philox block.

struct Uniforms {
  count: u32,
  // Number of the Philox block of the first four elements.
  first_block: u32,
  offset: f32,
  scale: f32,
  seed: u32,
  stream: u32,
  step: u32,
  use_number: u32,
}

override distribution: u32;

const UNIFORM = 0u;
const NORMAL = 1u;

@group(0) @binding(0) var<storage, read_write> y: array<vec4u>;
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
  var words = philox(vec4u(uniforms.first_block + index, 0u, uniforms.step, uniforms.use_number), vec2u(uniforms.seed, uniforms.stream));
  let fractions = vec4f(words >> vec4u(8u)) * 5.9604644775390625e-8;
  if (distribution == UNIFORM) {
    words = bitcast<vec4u>(uniforms.offset + uniforms.scale * fractions);
  }
  if (distribution == NORMAL) {
    let radius = sqrt(-2.0 * log(1.0 - fractions.xz));
    let angle = 6.283185307179586 * fractions.yw;
    let normals = vec4f(radius.x * cos(angle.x), radius.x * sin(angle.x), radius.y * cos(angle.y), radius.y * sin(angle.y));
    words = bitcast<vec4u>(uniforms.offset + uniforms.scale * normals);
  }
  var values = words;
  if (!all(inside(index))) {
    values = select(y[index], values, inside(index));
  }
  y[index] = values;
}
