// One step of stochastic gradient descent on a flat range of parameters, as PyTorch has it. With g the gradient clipped by
// its status plus decay p (L2): v = momentum v + (1 - dampening) g, p = p - rate v, or by Nesterov
// p = p - rate (g + momentum v). Nothing changes where the gradient cannot be used. The count is of `Element`: f32, or
// vec4f where it allows.
// Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum" (2013).

struct Uniforms {
  count: u32,
  learning_rate: f32,
  momentum: f32,
  // Share of the gradient in the velocity: 1 - dampening, or 1 at the first step.
  share: f32,
  decay: f32,
}

override accelerated: bool;
override nesterov: bool;

@group(0) @binding(0) var<storage, read_write> parameter: array<Element>;
@group(0) @binding(1) var<storage, read> gradient: array<Element>;
@group(0) @binding(2) var<storage, read_write> velocity: array<Element>;
@group(0) @binding(3) var<storage, read> status: Status;
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
  var direction = slope;
  if (accelerated) {
    let speed = uniforms.momentum * velocity[index] + uniforms.share * slope;
    velocity[index] = speed;
    direction = speed;
    if (nesterov) {
      direction = slope + uniforms.momentum * speed;
    }
  }
  parameter[index] = value - uniforms.learning_rate * direction;
}
