// One step of Adam on a flat range of parameters, g the gradient clipped by its status: m = beta1 m + (1 - beta1) g,
// v = beta2 v + (1 - beta2) g^2, p = p - rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon). Weight decay is
// added to the gradient (L2), or shrinks the parameter first (decoupled: AdamW); `amsgrad` divides by the greatest v so far.
// Nothing changes where the gradient cannot be used. The count is of `Element`: f32, or vec4f where it allows.
// Kingma, Ba, "Adam" (2015); Loshchilov, Hutter, "Decoupled weight decay regularization" (2019); Reddi, Kale, Kumar, "On the
// convergence of Adam and beyond" (2018).

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
override amsgrad: bool;

@group(0) @binding(0) var<storage, read_write> parameter: array<Element>;
@group(0) @binding(1) var<storage, read> gradient: array<Element>;
@group(0) @binding(2) var<storage, read_write> first_moment: array<Element>;
@group(0) @binding(3) var<storage, read_write> second_moment: array<Element>;
@group(0) @binding(4) var<storage, read_write> greatest_moment: array<Element>;
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
  var value = parameter[index];
  var slope = gradient[index] * status.coefficient;
  if (decoupled) {
    value -= uniforms.decay * value;
  } else {
    slope += uniforms.decay * value;
  }
  let m = first_moment[index] + (slope - first_moment[index]) * uniforms.beta1_complement;
  var v = uniforms.beta2 * second_moment[index] + uniforms.beta2_complement * slope * slope;
  first_moment[index] = m;
  second_moment[index] = v;
  if (amsgrad) {
    v = max(v, greatest_moment[index]);
    greatest_moment[index] = v;
  }
  parameter[index] = value - uniforms.step_size * m / (sqrt(v) * uniforms.root_correction + uniforms.epsilon);
}
