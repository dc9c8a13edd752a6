// First stage of the gradient's norm: squares = sum of g^2 over an invocation's elements of a block (every 64th vector of
// four), with a note of the first that cannot be used: NaN, infinite, or larger than is allowed (found by bits, since NaN
// comparisons may be folded away).

struct Uniforms {
  count: u32,
  // Number of the range's first element and of its first partial among all ranges.
  first_element: u32,
  first_partial: u32,
  // Bits of the largest size that is allowed.
  largest: u32,
}

// Elements that one workgroup handles.
const BLOCK = 16384u;
const NONE = 0xffffffffu;

struct Partial {
  squares: f32,
  bad: u32,
}

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partials: array<Partial>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let block = workgroup.y * workgroups.x + workgroup.x;
  let first = block * BLOCK;
  if (first >= uniforms.count) {
    return;
  }
  let last = min(first + BLOCK, uniforms.count);
  let lanes = vec4u(0u, 1u, 2u, 3u);
  var squares = vec4f(0.0);
  var bad = vec4u(NONE);
  for (var index = first + 4u * local; index < last; index += 256u) {
    let value = select(vec4f(0.0), gradient[index / 4u], index + lanes < vec4u(last));
    squares += value * value;
    let unusable = (bitcast<vec4u>(value) & vec4u(0x7fffffffu)) > vec4u(uniforms.largest);
    bad = min(bad, select(vec4u(NONE), uniforms.first_element + index + lanes, unusable));
  }
  let sum = (squares.x + squares.y) + (squares.z + squares.w);
  let first_bad = min(min(bad.x, bad.y), min(bad.z, bad.w));
  partials[uniforms.first_partial + block * 64u + local] = Partial(sum, first_bad);
}
