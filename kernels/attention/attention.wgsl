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
