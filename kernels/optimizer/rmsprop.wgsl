// One step of RMSprop on a flat range of parameters, the gradient clipped by its status: with v the running mean of
// squared gradients (minus the square of m, their running mean, where `centered`), step = gradient / (sqrt(v) + epsilon), which
// a velocity may gather (`accelerated`). Weight decay is added to the gradient. Nothing changes where the gradient cannot be
// used. The count is of `Element`: f32, or vec4f where it allows.
// Hinton, "Neural networks for machine learning", lecture 6e (2012); Graves, "Generating sequences" (2013).

struct Uniforms {
  count: u32,
  learning_rate: f32,
  alpha: f32,
  alpha_complement: f32,
  epsilon: f32,
  momentum: f32,
  decay: f32,
}

const LARGEST = 3.4028234663852886e38;

override centered: bool;
override accelerated: bool;

@group(0) @binding(0) var<storage, read_write> parameter: array<Element>;
@group(0) @binding(1) var<storage, read> gradient: array<Element>;
@group(0) @binding(2) var<storage, read_write> mean_square: array<Element>;
@group(0) @binding(3) var<storage, read_write> mean: array<Element>;
@group(0) @binding(4) var<storage, read_write> velocity: array<Element>;
@group(0) @binding(5) var<storage, read> status: Status;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (index >= uniforms.count || status.bad != NONE) {
    return;
  }
  let value = parameter[index];
  let slope = gradient[index] * status.coefficient + uniforms.decay * value;
  var v = uniforms.alpha * mean_square[index] + uniforms.alpha_complement * slope * slope;
  mean_square[index] = v;
  if (centered) {
    let m = mean[index] + uniforms.alpha_complement * (slope - mean[index]);
    mean[index] = m;
    // A variance; rounding may take it below 0. Where v overflows it stays infinite.
    v = select(max(v - m * m, Element(0.0)), v, v > Element(LARGEST));
  }
  var step = slope / (sqrt(v) + uniforms.epsilon);
  if (accelerated) {
    step += uniforms.momentum * velocity[index];
    velocity[index] = step;
  }
  parameter[index] = value - uniforms.learning_rate * step;
}
