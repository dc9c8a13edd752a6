// Streaming attention, y = softmax(scale q kᵀ) v: 1 queries an invocation of 4, 4 keys a block.
// The softmax's greatest score and sum are kept up to date from block to block, and what was added to y before shrinks
// when the greatest score grows. Milakov, Gimelshein, "Online normalizer calculation for softmax" (2018); Dao, Fu, Ermon,
// Rudra, Ré, "FlashAttention" (2022).
// Philox4x32-10: four uniform 32-bit words from a 128-bit counter and a 64-bit key, the bits of philoxBlock.
// Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011). Put before shaders that draw.

fn multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let middle = a_high * b_low + ((a_low * b_low) >> 16u);
  let carry = a_low * b_high + (middle & 0xffffu);
  return a_high * b_high + (middle >> 16u) + (carry >> 16u);
}

fn philox_round(counter: vec4u, key: vec2u) -> vec4u {
  return vec4u(
    multiply_high(0xcd9e8d57u, counter.z) ^ counter.y ^ key.x,
    0xcd9e8d57u * counter.z,
    multiply_high(0xd2511f53u, counter.x) ^ counter.w ^ key.y,
    0xd2511f53u * counter.x,
  );
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  let weyl = vec2u(0x9e3779b9u, 0xbb67ae85u);
  var words = philox_round(counter, key);
  words = philox_round(words, key + weyl);
  words = philox_round(words, key + 2u * weyl);
  words = philox_round(words, key + 3u * weyl);
  words = philox_round(words, key + 4u * weyl);
  words = philox_round(words, key + 5u * weyl);
  words = philox_round(words, key + 6u * weyl);
  words = philox_round(words, key + 7u * weyl);
  words = philox_round(words, key + 8u * weyl);
  return philox_round(words, key + 9u * weyl);
}

// Helpers that hold for any size of x: exponents are never positive, small results do not cancel. Put before shaders that
// need them.

// By bits, since drivers turn comparisons with NaN round.
fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

// e^x that lets NaN pass.
fn exponential(x: f32) -> f32 {
  return select(exp(x), x, is_nan(x));
}

// log(1 + z) for z in 0 .. 1, as 2 artanh(z / (2 + z)): a driver's log may be rough near 1.
fn log_one_plus(z: f32) -> f32 {
  let ratio = z / (2.0 + z);
  let q = ratio * ratio;
  let tail = q * (1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0)));
  return 2.0 * ratio * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + tail))));
}

// log(1 + z) for any z of 0 or more.
fn log_of_one_and(z: f32) -> f32 {
  return select(log_one_plus(z), log(1.0 + z), z > 1.0);
}

fn sigmoid(x: f32) -> f32 {
  let small = exp(-abs(x));
  return select(1.0, small, x < 0.0) / (1.0 + small);
}

// What all attention kernels share: softmax(scale q kᵀ) v for each pair of a sequence and a head. Put after stable.wgsl
// and philox.wgsl, and before a kernel's storage bindings.
//
// Tokens lie where the offsets and strides say (in elements of the bindings), so that q, k and v may be columns of one
// projection. Gradients lie as their tensors do, each from an offset of its own in one buffer.

struct Uniforms {
  batch: u32,
  heads: u32,
  queries: u32,
  keys: u32,
  // In elements of the bindings.
  head_size: u32,
  scale: f32,
  has_mask: u32,
  q_offset: u32,
  q_batch: u32,
  q_head: u32,
  q_token: u32,
  k_offset: u32,
  v_offset: u32,
  kv_batch: u32,
  kv_head: u32,
  kv_token: u32,
  y_batch: u32,
  y_head: u32,
  y_token: u32,
  dq_offset: u32,
  dk_offset: u32,
  dv_offset: u32,
  // Query heads that share a head of keys and values.
  group: u32,
  // Windowed kernels: how far before and after a query the keys may stand that it sees.
  before: u32,
  after: u32,
  // Dropout of the softmax: an element is kept when its random word is at least the threshold.
  threshold: u32,
  keep_scale: f32,
  seed: u32,
  stream: u32,
  step: u32,
  use_number: u32,
}

@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// The score of a masked key: far under all others, and no infinity, so that differences are numbers.
const lowest = -3.0e38;

// Whether a key stands outside a query's window.
fn too_far(query: u32, key: u32) -> bool {
  return key + uniforms.before < query || key > query + uniforms.after;
}

// Which keys of four dropout keeps, a bit each. The numbers of a query's keys start at a block of Philox.
fn kept_four(row: u32, key_block: u32) -> u32 {
  let index = row * ((uniforms.keys + 3u) >> 2u) + key_block;
  let words = philox(vec4u(index, 0u, uniforms.step, uniforms.use_number), vec2u(uniforms.seed, uniforms.stream));
  let bits = select(vec4u(0u), vec4u(1u, 2u, 4u, 8u), words >= vec4u(uniforms.threshold));
  return bits.x | bits.y | bits.z | bits.w;
}

// Which of up to 32 keys from a block of four on dropout keeps for a query, a bit each; `row` counts queries over all
// sequences and heads.
fn kept_keys(row: u32, first_block: u32, count: u32) -> u32 {
  if (uniforms.threshold == 0u) {
    return 0xffffffffu;
  }
  var kept = 0u;
  for (var four = 0u; 4u * four < count; four += 1u) {
    kept |= kept_four(row, first_block + four) << (4u * four);
  }
  return kept;
}

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(1) var<storage, read> k: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> statistics: array<f32>;

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let pair = workgroup.z * workgroups.y + workgroup.y;
  if (pair >= uniforms.batch * uniforms.heads) {
    return;
  }
  let sequence = pair / uniforms.heads;
  let head = pair % uniforms.heads;
  let q_base = uniforms.q_offset + sequence * uniforms.q_batch + head * uniforms.q_head;
  let y_base = sequence * uniforms.y_batch + head * uniforms.y_head;
  let kv_base = sequence * uniforms.kv_batch + head / uniforms.group * uniforms.kv_head;
  let all_queries = uniforms.batch * uniforms.heads * uniforms.queries;
  let k_base = uniforms.k_offset + kv_base;
  let v_base = uniforms.v_offset + kv_base;
  let first_row = workgroup.x * 4u;
  let row_0 = min(first_row + lane * 1u + 0u, uniforms.queries - 1u);
  let q_0 = q_base + row_0 * uniforms.q_token;
  let end = uniforms.queries;
  let begin = 0u;
  let stop = uniforms.keys;
  var greatest0 = lowest; var sum0 = 0.0;
  for (var first = begin; first < stop; first += 4u) {
    let other_0 = min(first + 0u + lane, uniforms.keys - 1u);
    var ignored_0 = u32(first + 0u + lane >= uniforms.keys);
    if (uniforms.has_mask != 0u) {
      ignored_0 |= mask[sequence * uniforms.keys + other_0];
    }
    var s0_0 = 0.0; var s0_1 = 0.0; var s0_2 = 0.0; var s0_3 = 0.0;
    {
      let k_at0 = k_base + other_0 * uniforms.kv_token;
      for (var c = 0u; c < uniforms.head_size; c += 1u) {
        let e0 = k[k_at0 + c];
        let b0_0 = subgroupBroadcast(e0.x, 0u);
        let b0_1 = subgroupBroadcast(e0.y, 0u);
        let b0_2 = subgroupBroadcast(e0.z, 0u);
        let b0_3 = subgroupBroadcast(e0.w, 0u);
        let b1_0 = subgroupBroadcast(e0.x, 1u);
        let b1_1 = subgroupBroadcast(e0.y, 1u);
        let b1_2 = subgroupBroadcast(e0.z, 1u);
        let b1_3 = subgroupBroadcast(e0.w, 1u);
        let b2_0 = subgroupBroadcast(e0.x, 2u);
        let b2_1 = subgroupBroadcast(e0.y, 2u);
        let b2_2 = subgroupBroadcast(e0.z, 2u);
        let b2_3 = subgroupBroadcast(e0.w, 2u);
        let b3_0 = subgroupBroadcast(e0.x, 3u);
        let b3_1 = subgroupBroadcast(e0.y, 3u);
        let b3_2 = subgroupBroadcast(e0.z, 3u);
        let b3_3 = subgroupBroadcast(e0.w, 3u);
        let a0 = q[q_0 + c];
        s0_0 = fma(a0.w, b0_3, fma(a0.z, b0_2, fma(a0.y, b0_1, fma(a0.x, b0_0, s0_0))));
        s0_1 = fma(a0.w, b1_3, fma(a0.z, b1_2, fma(a0.y, b1_1, fma(a0.x, b1_0, s0_1))));
        s0_2 = fma(a0.w, b2_3, fma(a0.z, b2_2, fma(a0.y, b2_1, fma(a0.x, b2_0, s0_2))));
        s0_3 = fma(a0.w, b3_3, fma(a0.z, b3_2, fma(a0.y, b3_1, fma(a0.x, b3_0, s0_3))));
      }
    }
    let last_block = first + 4u >= stop;
    s0_0 = select(s0_0 * uniforms.scale, lowest, subgroupBroadcast(ignored_0, 0u) != 0u);
    s0_1 = select(s0_1 * uniforms.scale, lowest, subgroupBroadcast(ignored_0, 1u) != 0u);
    s0_2 = select(s0_2 * uniforms.scale, lowest, subgroupBroadcast(ignored_0, 2u) != 0u);
    s0_3 = select(s0_3 * uniforms.scale, lowest, subgroupBroadcast(ignored_0, 3u) != 0u);
    let block_greatest0 = max(max(max(max(greatest0, s0_0), s0_1), s0_2), s0_3);
    let shrink0 = exponential(greatest0 - block_greatest0);
    greatest0 = block_greatest0;
    s0_0 = exponential(s0_0 - greatest0);
    s0_1 = exponential(s0_1 - greatest0);
    s0_2 = exponential(s0_2 - greatest0);
    s0_3 = exponential(s0_3 - greatest0);
    sum0 = sum0 * shrink0 + (s0_0 + s0_1 + s0_2 + s0_3);
    let final0 = select(1.0, 1.0 / sum0, last_block);
    let before0 = shrink0 * final0;
    let kept0 = kept_keys(pair * uniforms.queries + row_0, first / 4u, 4u);
    let keep0 = final0 * uniforms.keep_scale;
    s0_0 *= select(0.0, keep0, (kept0 & 1u) != 0u);
    s0_1 *= select(0.0, keep0, (kept0 & 2u) != 0u);
    s0_2 *= select(0.0, keep0, (kept0 & 4u) != 0u);
    s0_3 *= select(0.0, keep0, (kept0 & 8u) != 0u);
    let y_s_0 = y_base + row_0 * uniforms.y_token;
    {
      let v_at0 = v_base + other_0 * uniforms.kv_token;
      for (var c = 0u; c < uniforms.head_size; c += 1u) {
        let e0 = v[v_at0 + c];
        let b0_0 = subgroupBroadcast(e0.x, 0u);
        let b0_1 = subgroupBroadcast(e0.y, 0u);
        let b0_2 = subgroupBroadcast(e0.z, 0u);
        let b0_3 = subgroupBroadcast(e0.w, 0u);
        let b1_0 = subgroupBroadcast(e0.x, 1u);
        let b1_1 = subgroupBroadcast(e0.y, 1u);
        let b1_2 = subgroupBroadcast(e0.z, 1u);
        let b1_3 = subgroupBroadcast(e0.w, 1u);
        let b2_0 = subgroupBroadcast(e0.x, 2u);
        let b2_1 = subgroupBroadcast(e0.y, 2u);
        let b2_2 = subgroupBroadcast(e0.z, 2u);
        let b2_3 = subgroupBroadcast(e0.w, 2u);
        let b3_0 = subgroupBroadcast(e0.x, 3u);
        let b3_1 = subgroupBroadcast(e0.y, 3u);
        let b3_2 = subgroupBroadcast(e0.z, 3u);
        let b3_3 = subgroupBroadcast(e0.w, 3u);
        var o0 = vec4f();
        if (first != begin) {
          o0 = y[y_s_0 + c] * before0;
        }
        var o0_0 = o0.x;
        var o0_1 = o0.y;
        var o0_2 = o0.z;
        var o0_3 = o0.w;
        o0_0 = fma(s0_0, b0_0, o0_0);
        o0_1 = fma(s0_0, b0_1, o0_1);
        o0_2 = fma(s0_0, b0_2, o0_2);
        o0_3 = fma(s0_0, b0_3, o0_3);
        o0_0 = fma(s0_1, b1_0, o0_0);
        o0_1 = fma(s0_1, b1_1, o0_1);
        o0_2 = fma(s0_1, b1_2, o0_2);
        o0_3 = fma(s0_1, b1_3, o0_3);
        o0_0 = fma(s0_2, b2_0, o0_0);
        o0_1 = fma(s0_2, b2_1, o0_1);
        o0_2 = fma(s0_2, b2_2, o0_2);
        o0_3 = fma(s0_2, b2_3, o0_3);
        o0_0 = fma(s0_3, b3_0, o0_0);
        o0_1 = fma(s0_3, b3_1, o0_1);
        o0_2 = fma(s0_3, b3_2, o0_2);
        o0_3 = fma(s0_3, b3_3, o0_3);
        if (first_row + lane * 1u + 0u < end) { y[y_s_0 + c] = vec4f(o0_0, o0_1, o0_2, o0_3); }
      }
    }
  }
  if (first_row + lane * 1u + 0u < uniforms.queries) {
    let at = pair * uniforms.queries + row_0;
    statistics[at] = greatest0;
    statistics[all_queries + at] = 1.0 / sum0;
  }
}
