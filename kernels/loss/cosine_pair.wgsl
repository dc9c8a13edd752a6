// Losses of the cosine s of paired rows, with their gradients. s = x . y / (max(|x|, eps) max(|y|, eps)), and
// ds/dx = y / (|x| |y|) - s x / |x|^2, without the second term where |x| is not above eps.
// 0: the cosine itself.
// 1: contrastive, d^2 / 2 for similar pairs, max(0, margin - d)^2 / 2 for others, d = 1 - s. Hadsell, Chopra, LeCun,
//    "Dimensionality reduction by learning an invariant mapping" (2006).
// 2: cosine embedding, 1 - s for similar pairs, max(0, s - margin) for others.
// After stable.wgsl and row_lanes.wgsl.

alias Sums = vec3f;

struct Uniforms {
  rows: u32,
  columns: u32,
  margin: f32,
  epsilon: f32,
  gradient_scale: f32,
}

override kind: u32;
override weighted: bool;

const CONTRASTIVE = 1u;
const COSINE_EMBEDDING = 2u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> target_value: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> loss: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient_x: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradient_y: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

fn is_similar(row: u32) -> bool {
  return target_value[row] > 0.5;
}

// The loss of a cosine and its slope.
fn loss_of(cosine: f32, row: u32) -> vec2f {
  // Drivers lose NaN in comparisons: it passes as it is.
  if (is_nan(cosine)) {
    return vec2f(cosine);
  }
  if (kind == CONTRASTIVE) {
    let apart = 1.0 - cosine;
    let missing = max(uniforms.margin - apart, 0.0);
    return select(vec2f(0.5 * missing * missing, missing), vec2f(0.5 * apart * apart, -apart), is_similar(row));
  }
  if (kind == COSINE_EMBEDDING) {
    let beyond = cosine - uniforms.margin;
    return select(select(vec2f(0.0), vec2f(beyond, 1.0), beyond > 0.0), vec2f(1.0 - cosine, -1.0), is_similar(row));
  }
  return vec2f(cosine, 1.0);
}

@compute @workgroup_size(group_size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = row_of(workgroup, workgroups, local);
  let lane = local % lanes;
  // Rows past the end repeat the last one and write nothing: all invocations have to meet at the barriers.
  let first = min(row, uniforms.rows - 1u) * uniforms.columns;
  var found = vec3f(0.0);
  for (var column = lane; column < uniforms.columns; column += lanes) {
    let a = x[first + column];
    let b = y[first + column];
    found += vec3f(a * a, b * b, a * b);
  }
  let sums = sum_over_lanes(local, found);
  if (row >= uniforms.rows) {
    return;
  }
  let lengths = sqrt(sums.xy);
  let divisors = max(lengths, vec2f(uniforms.epsilon));
  let product = divisors.x * divisors.y;
  let cosine = sums.z / product;
  var value = loss_of(cosine, row);
  if (weighted) {
    value *= weight[row];
  }
  let slope = uniforms.gradient_scale * value.y;
  // How much of a row's own direction the gradients leave out.
  let own = select(vec2f(0.0), cosine / (divisors * divisors), lengths > vec2f(uniforms.epsilon));
  for (var column = lane; column < uniforms.columns; column += lanes) {
    let a = x[first + column];
    let b = y[first + column];
    gradient_x[first + column] = slope * (b / product - own.x * a);
    gradient_y[first + column] = slope * (a / product - own.y * b);
  }
  if (lane == 0u) {
    loss[row] = value.x;
  }
}
