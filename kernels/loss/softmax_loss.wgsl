// Losses of rows of logits z with classes t, by the shares p = softmax(z), with their gradients in the same pass. After
// stable.wgsl and row_lanes.wgsl.
// 0: cross-entropy, ce = -log p_t.
// 1: focal, alpha (1 - p_t)^gamma ce. Lin et al., "Focal loss for dense object detection" (2017).
// 2: hybrid, ce + lambda (E - y)^2, with the expected class E = sum of k p_k and a score y.

alias Sums = vec3f;

struct Uniforms {
  rows: u32,
  classes: u32,
  gamma: f32,
  alpha: f32,
  lambda: f32,
  gradient_scale: f32,
}

override kind: u32;
override weighted: bool;

const FOCAL = 1u;
const HYBRID = 2u;

// The least normal number.
const LEAST = 1.17549435e-38;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> target_class: array<u32>;
// Read by the hybrid loss alone.
@group(0) @binding(2) var<storage, read> score: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> loss: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

var<workgroup> candidates: array<vec2f, 128>;

// The greatest logit of a row and its class, exchanged as `sum_over_lanes` does it: of several the same for each invocation.
// The class is a float: exact for up to 2^24 classes.
fn greatest_over_lanes(local: u32, found: vec2f) -> vec2f {
  var greatest = found;
  if (lanes > 1u) {
    var place = local;
    for (var distance = lanes / 2u; distance > 0u; distance /= 2u) {
      candidates[place] = greatest;
      workgroupBarrier();
      let other = candidates[place ^ distance];
      if (other.x > greatest.x || (other.x == greatest.x && other.y > greatest.y)) {
        greatest = other;
      }
      place ^= 64u;
    }
  }
  return greatest;
}

// (1 - p_t)^gamma, 1 for gamma = 0.
fn focus(missed: f32) -> f32 {
  if (uniforms.gamma == 2.0) {
    return missed * missed;
  }
  return select(pow(missed, uniforms.gamma), 1.0, uniforms.gamma == 0.0);
}

@compute @workgroup_size(group_size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = row_of(workgroup, workgroups, local);
  let lane = local % lanes;
  let classes = uniforms.classes;
  // Rows past the end repeat the last one and write nothing: all invocations have to meet at the barriers.
  let within = min(row, uniforms.rows - 1u);
  let first = within * classes;
  let own_class = target_class[within];

  // Lanes past the last class look at the last class.
  let start = min(lane, classes - 1u);
  var found = vec2f(logits[first + start], f32(start));
  for (var k = lane + lanes; k < classes; k += lanes) {
    let z = logits[first + k];
    if (z > found.x) {
      found = vec2f(z, f32(k));
    }
  }
  let greatest = greatest_over_lanes(local, found);

  // Sums of e_k = e^(z_k - greatest): that of the target; the others, so that 1 - p_t does not cancel; and (k - g) e_k,
  // g the class of the greatest logit, so that E - g does not.
  var sums = vec3f(0.0);
  for (var k = lane; k < classes; k += lanes) {
    let e = exponential(logits[first + k] - greatest.x);
    sums += vec3f(select(vec2f(0.0, e), vec2f(e, 0.0), k == own_class), (f32(k) - greatest.y) * e);
  }
  sums = sum_over_lanes(local, sums);
  if (row >= uniforms.rows) {
    return;
  }
  let own = sums.x;
  let others = sums.y;
  let total = own + others;
  let inverse = 1.0 / total;
  let missed = others * inverse;
  let lean = sums.z * inverse;

  var entropy = log_of_one_and(others);
  if (own != 1.0) {
    let own_logit = logits[first + min(own_class, classes - 1u)];
    entropy = (greatest.x - own_logit) + log_of_one_and(max(total - 1.0, 0.0));
  }
  // Drivers lose NaN in log and max: it passes as it is. A class beyond the last gives NaN, by its bits.
  entropy = select(entropy, total, is_nan(total));
  entropy = select(entropy, bitcast<f32>(0x7f800000u | classes), own_class >= classes);

  var value = entropy;
  // Gradients of the loss for ce and for E, the latter where it counts.
  var slopes = vec2f(1.0);
  if (kind == FOCAL) {
    // Where both are 0 it counts for nothing.
    let ratio = entropy / max(missed, LEAST);
    let factor = uniforms.alpha * focus(missed);
    value = factor * entropy;
    // p ce is 0 where p is, even if ce is infinite: a logit of -infinity.
    slopes.x = factor * (1.0 + select(uniforms.gamma * (own * inverse) * ratio, 0.0, own == 0.0));
  }
  if (kind == HYBRID) {
    let difference = (greatest.y - score[row]) + lean;
    value += uniforms.lambda * difference * difference;
    slopes.y = 2.0 * uniforms.lambda * difference;
  }
  slopes *= uniforms.gradient_scale;
  if (weighted) {
    value *= weight[row];
    slopes *= weight[row];
  }
  for (var k = lane; k < classes; k += lanes) {
    let share = exponential(logits[first + k] - greatest.x) * inverse;
    var slope = slopes.x * select(share, -missed, k == own_class);
    if (kind == HYBRID) {
      slope += slopes.y * share * ((f32(k) - greatest.y) - lean);
    }
    gradient[first + k] = slope;
  }
  if (lane == 0u) {
    loss[row] = value;
  }
}
