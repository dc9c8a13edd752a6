// One step of Adam on a flat range of parameters, the gradient clipped by its status. Weight decay is added to the
// gradient (L2), or shrinks the parameter first (decoupled: AdamW). Nothing changes where the gradient cannot be used.
// Kingma, Ba, "Adam" (2015); Loshchilov, Hutter, "Decoupled weight decay regularization" (2019).

struct Uniforms {
  count: u32,
  // Learning rate / (1 - beta1^t).
  step_size: f32,
  // 1 / sqrt(1 - beta2^t).
  root_correction: f32,
  epsilon: f32,
  beta1_complement: f32,
  beta2: f32,
  beta2_complement: f32,
  // Weight decay, times the learning rate where it is decoupled.
  decay: f32,
}

override decoupled: bool;

const NONE = 0xffffffffu;

// See gradient_norm.wgsl.
struct Status {
  norm: f32,
  coefficient: f32,
  bad: u32,
}

@group(0) @binding(0) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> first_moment: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> second_moment: array<vec4f>;
@group(0) @binding(4) var<storage, read> status: Status;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// Which of the four elements of a vector lie before the end.
fn inside(index: u32) -> vec4<bool> {
  return vec4u(0u, 1u, 2u, 3u) < vec4u(uniforms.count - 4u * index);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (4u * index >= uniforms.count || status.bad != NONE) {
    return;
  }
  let value = parameter[index];
  var kept = value;
  var slope = gradient[index] * status.coefficient;
  if (decoupled) {
    kept -= uniforms.decay * value;
  } else {
    slope += uniforms.decay * value;
  }
  let first = first_moment[index];
  let second = second_moment[index];
  let m = first + (slope - first) * uniforms.beta1_complement;
  let v = uniforms.beta2 * second + uniforms.beta2_complement * slope * slope;
  let next = kept - uniforms.step_size * m / (sqrt(v) * uniforms.root_correction + uniforms.epsilon);
  let inside = inside(index);
  first_moment[index] = select(first, m, inside);
  second_moment[index] = select(second, v, inside);
  parameter[index] = select(value, next, inside);
}
