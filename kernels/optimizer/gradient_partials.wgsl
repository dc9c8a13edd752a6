// First stage of the gradient's norm: squares = sum of g^2 over an invocation's elements of a block (16 side by side, which
// are one line of a cache, then every 64th 16), with a note of the first that cannot be used: NaN or infinite (found by
// bits, since NaN comparisons may be folded away). Elements over 1e15, whose squares would overflow, go into a sum of their
// own, times 2^-160.

struct Uniforms {
  count: u32,
  // Number of the range's first element and of its first partial among all ranges.
  first_element: u32,
  first_partial: u32,
  // 2^-80; no constant, since compilers multiply constants first and get 0.
  down: f32,
}

// Elements that one workgroup handles.
const BLOCK = 16384u;
const NONE = 0xffffffffu;
// Bits of 1e15 and of the largest number.
const LARGEST_SQUARED = 0x58635fa9u;
const LARGEST = 0x7f7fffffu;

struct Partial {
  squares: f32,
  large_squares: f32,
  bad: u32,
}

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partials: array<Partial>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// The four elements from an index on, 0 from `last` on.
fn four(index: u32, last: u32) -> vec4f {
  return select(vec4f(0.0), gradient[index / 4u], index + vec4u(0u, 1u, 2u, 3u) < vec4u(last));
}

// Bits without the sign, which are in the order of sizes.
fn size(value: vec4f) -> vec4u {
  return bitcast<vec4u>(value) & vec4u(0x7fffffffu);
}

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
  let last = first + min(BLOCK, uniforms.count - first);
  var squares = vec4f(0.0);
  var greatest = vec4u(0u);
  var index = first + 16u * local;
  for (; index + 16u <= last; index += 1024u) {
    let at = index / 4u;
    let p = gradient[at];
    let q = gradient[at + 1u];
    let r = gradient[at + 2u];
    let s = gradient[at + 3u];
    squares += (p * p + q * q) + (r * r + s * s);
    greatest = max(greatest, max(max(size(p), size(q)), max(size(r), size(s))));
  }
  for (; index < last; index += 4u) {
    let value = four(index, last);
    squares += value * value;
    greatest = max(greatest, size(value));
  }
  var found = Partial((squares.x + squares.y) + (squares.z + squares.w), 0.0, NONE);
  if (max(max(greatest.x, greatest.y), max(greatest.z, greatest.w)) > LARGEST_SQUARED) {
    found = of_large(first, last, local);
  }
  partials[uniforms.first_partial + block * 64u + local] = found;
}

// The same again where an element is large.
fn of_large(first: u32, last: u32, local: u32) -> Partial {
  var found = Partial(0.0, 0.0, first_bad(first, last));
  for (var line = first + 16u * local; line < last; line += 1024u) {
    for (var index = line; index < min(line + 16u, last); index += 1u) {
      let value = gradient[index / 4u][index & 3u];
      if ((bitcast<u32>(value) & 0x7fffffffu) > LARGEST_SQUARED) {
        found.large_squares += (uniforms.down * value) * (uniforms.down * value);
      } else {
        found.squares += value * value;
      }
    }
  }
  return found;
}

// Looks again, for the place: number among all ranges of the block's first element that cannot be used.
fn first_bad(first: u32, last: u32) -> u32 {
  for (var index = first; index < last; index += 1u) {
    let bits = bitcast<u32>(gradient[index / 4u][index & 3u]) & 0x7fffffffu;
    if (bits > LARGEST) {
      return uniforms.first_element + index;
    }
  }
  return NONE;
}
