// Rotary positions: the first `size` numbers of each of the first heads are turned by an angle that grows with the token's
// position, in pairs of number d and number d + size / 2: y = x cos + turned(x) sin, with turned(x) = (-second half, first
// half). All other numbers are copied. `direction` is -1 for the way back.
// Su et al., "RoFormer: enhanced transformer with rotary position embedding" (2021). Counts are of `Element`.

struct Uniforms {
  count: u32,
  columns: u32,
  tokens: u32,
  heads: u32,
  head_size: u32,
  half: u32,
  direction: f32,
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
// [tokens, 2, half]: cosines and sines.
@group(0) @binding(1) var<storage, read> table: array<Element>;
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
  let column = index % uniforms.columns;
  let head = column / uniforms.head_size;
  let at = column % uniforms.head_size;
  if (head >= uniforms.heads || at >= 2u * uniforms.half) {
    y[index] = x[index];
    return;
  }
  let position = index / uniforms.columns % uniforms.tokens;
  let angle = 2u * position * uniforms.half + at % uniforms.half;
  let cosine = table[angle];
  let sine = table[angle + uniforms.half] * uniforms.direction;
  if (at < uniforms.half) {
    y[index] = x[index] * cosine - x[index + uniforms.half] * sine;
  } else {
    y[index] = x[index] * cosine + x[index - uniforms.half] * sine;
  }
}
