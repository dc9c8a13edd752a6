// Mines a triplet for each anchor of a batch from the matrix of its distances: positive[anchor] = one of the other rows with
// |score of anchor - score of row| <= positive_within, negative[anchor] = one of those with it >= negative_from; NaN
// scores are neither. One invocation an anchor.
// 0: random, a positive and a negative, all equally likely.
// 1: hard, the farthest positive and the nearest negative. Hermans, Beyer, Leibe, "In defense of the triplet loss for person
//    re-identification" (2017).
// 2: semi-hard, a random positive and the nearest negative beyond it, or the farthest where none lies beyond. Schroff,
//    Kalenichenko, Philbin, "FaceNet" (2015).
// Of equal distances the first row counts. After philox.wgsl.

struct Uniforms {
  count: u32,
  positive_within: f32,
  negative_from: f32,
  seed: u32,
  stream: u32,
  step: u32,
  use_number: u32,
}

override kind: u32;

const HARD = 1u;
const SEMI_HARD = 2u;

@group(0) @binding(0) var<storage, read> distance_of: array<f32>;
@group(0) @binding(1) var<storage, read> score: array<f32>;
@group(0) @binding(2) var<storage, read_write> positive: array<u32>;
@group(0) @binding(3) var<storage, read_write> negative: array<u32>;
@group(0) @binding(4) var<storage, read_write> found: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

fn is_positive(anchor: u32, row: u32) -> bool {
  return row != anchor && abs(score[anchor] - score[row]) <= uniforms.positive_within;
}

fn is_negative(anchor: u32, row: u32) -> bool {
  return row != anchor && abs(score[anchor] - score[row]) >= uniforms.negative_from;
}

// The anchor's farthest positive and nearest negative.
fn hardest(anchor: u32) -> vec2u {
  let first = anchor * uniforms.count;
  var chosen = vec2u(anchor);
  var farthest = 0.0;
  var nearest = 0.0;
  for (var row = 0u; row < uniforms.count; row += 1u) {
    let away = distance_of[first + row];
    if (is_positive(anchor, row) && (chosen.x == anchor || away > farthest)) {
      chosen.x = row;
      farthest = away;
    }
    if (is_negative(anchor, row) && (chosen.y == anchor || away < nearest)) {
      chosen.y = row;
      nearest = away;
    }
  }
  return chosen;
}

// The positive and the negative with these numbers among the anchor's.
fn numbered(anchor: u32, wanted: vec2u) -> vec2u {
  var chosen = vec2u(anchor);
  var seen = vec2u(0u);
  for (var row = 0u; row < uniforms.count; row += 1u) {
    if (is_positive(anchor, row)) {
      chosen.x = select(chosen.x, row, seen.x == wanted.x);
      seen.x += 1u;
    }
    if (is_negative(anchor, row)) {
      chosen.y = select(chosen.y, row, seen.y == wanted.y);
      seen.y += 1u;
    }
  }
  return chosen;
}

// The nearest negative that is farther than the positive, or else the farthest.
fn semi_hard_negative(anchor: u32, positive_row: u32) -> u32 {
  let first = anchor * uniforms.count;
  let bound = distance_of[first + positive_row];
  var beyond = anchor;
  var nearest = 0.0;
  var last = anchor;
  var farthest = 0.0;
  for (var row = 0u; row < uniforms.count; row += 1u) {
    if (is_negative(anchor, row)) {
      let away = distance_of[first + row];
      if (away > bound && (beyond == anchor || away < nearest)) {
        beyond = row;
        nearest = away;
      }
      if (last == anchor || away > farthest) {
        last = row;
        farthest = away;
      }
    }
  }
  return select(beyond, last, beyond == anchor);
}

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let anchor = (workgroup.y * workgroups.x + workgroup.x) * 8u + local;
  if (anchor >= uniforms.count) {
    return;
  }
  var chosen = vec2u(anchor);
  if (kind == HARD) {
    chosen = hardest(anchor);
  } else {
    var candidates = vec2u(0u);
    for (var row = 0u; row < uniforms.count; row += 1u) {
      candidates += vec2u(select(0u, 1u, is_positive(anchor, row)), select(0u, 1u, is_negative(anchor, row)));
    }
    let counter = vec4u(anchor, 0u, uniforms.step, uniforms.use_number);
    let words = philox(counter, vec2u(uniforms.seed, uniforms.stream));
    // word / 2^32 of the candidates, rounded down.
    chosen = numbered(anchor, vec2u(multiply_high(words.x, candidates.x), multiply_high(words.y, candidates.y)));
    if (kind == SEMI_HARD) {
      chosen.y = semi_hard_negative(anchor, chosen.x);
    }
  }
  positive[anchor] = chosen.x;
  negative[anchor] = chosen.y;
  found[anchor] = select(0.0, 1.0, chosen.x != anchor && chosen.y != anchor);
}
