// ||dW||^2 of dW[o, i, j] = sum over b of dy[b, o] x1[b, i] x2[b, j], without dW: it is the sum over b and c of
// (dy dy^T)[b, c] (x1 x1^T)[b, c] (x2 x2^T)[b, c]. One invocation a row b of a block of the three matrices, with a note where
// the sum cannot be used.

struct Uniforms {
  batch: u32,
  // Rows of the Gram matrices that are here.
  rows: u32,
  // Number of the gradient's first element and of its first partial among all ranges.
  first_element: u32,
  first_partial: u32,
  // The cube root of 2^-160; see gradient_partials.wgsl.
  down: f32,
}

const NONE = 0xffffffffu;
// Bits of the largest number.
const LARGEST = 0x7f7fffffu;

// See gradient_norm.wgsl.
struct Partial {
  squares: f32,
  large_squares: f32,
  bad: u32,
}

@group(0) @binding(0) var<storage, read> gram_dy: array<f32>;
@group(0) @binding(1) var<storage, read> gram_x1: array<f32>;
@group(0) @binding(2) var<storage, read> gram_x2: array<f32>;
@group(0) @binding(3) var<storage, read_write> partials: array<Partial>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let b = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (b >= uniforms.rows) {
    return;
  }
  var found = Partial(0.0, 0.0, NONE);
  for (var c = 0u; c < uniforms.batch; c += 1u) {
    let at = b * uniforms.batch + c;
    found.squares += gram_dy[at] * gram_x1[at] * gram_x2[at];
  }
  if (!is_finite(found.squares)) {
    // It may be the squares that overflow, and not the gradient.
    found.squares = 0.0;
    for (var c = 0u; c < uniforms.batch; c += 1u) {
      let at = b * uniforms.batch + c;
      found.large_squares += (uniforms.down * gram_dy[at]) * (uniforms.down * gram_x1[at]) * (uniforms.down * gram_x2[at]);
    }
    found.bad = select(uniforms.first_element, NONE, is_finite(found.large_squares));
  }
  partials[uniforms.first_partial + b] = found;
}

// By bits, since NaN comparisons may be folded away.
fn is_finite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) <= LARGEST;
}
