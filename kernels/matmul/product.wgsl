// What all matmul shaders share: their interface, and what becomes of a finished sum. Put before each of them, after
// the aliases `Element` (f32 or vec4f), `Words` (its bits), `StoredA` and `StoredB` (how A and B lie in memory).

struct Uniforms {
  m: u32,
  n: u32,
  k: u32,
  stride_a: u32,
  stride_b: u32,
  stride_c: u32,
  // Split-K: each product of the batch is made in so many parts, each over so many steps of k.
  parts: u32,
  part_length: u32,
  // 1: the sums are kept as they are before the activation.
  keeps_sums: u32,
}

override has_bias: bool;
override accumulates: bool;

@group(0) @binding(0) var<storage, read> a: array<StoredA>;
@group(0) @binding(1) var<storage, read> b: array<StoredB>;
@group(0) @binding(2) var<storage, read> bias: array<Element>;
@group(0) @binding(3) var<storage, read_write> c: array<Element>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// c[at] = f(sum + bias[column]); both indices count elements of their arrays. `activated` is f.
fn store(at: u32, column: u32, sum: Element) {
  var value = sum;
  if (has_bias) {
    value += bias[column];
  }
  if (accumulates) {
    value += c[at];
  }
  c[at] = activated(at, value);
}
