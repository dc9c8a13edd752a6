// One step of stochastic gradient descent on a flat range of parameters, the gradient clipped by its status, with
// L2 weight decay, momentum and Nesterov's form of it as PyTorch has them. Nothing changes where the gradient cannot be
// used. Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum" (2013).

struct Uniforms {
  count: u32,
  learning_rate: f32,
  momentum: f32,
  decay: f32,
}

override nesterov: bool;

const NONE = 0xffffffffu;

// See gradient_norm.wgsl.
struct Status {
  norm: f32,
  coefficient: f32,
  bad: u32,
}

@group(0) @binding(0) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> velocity: array<vec4f>;
@group(0) @binding(3) var<storage, read> status: Status;
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
  let slope = gradient[index] * status.coefficient + uniforms.decay * value;
  let speed = uniforms.momentum * velocity[index] + slope;
  let direction = select(speed, slope + uniforms.momentum * speed, vec4<bool>(nesterov));
  let inside = inside(index);
  velocity[index] = select(velocity[index], speed, inside);
  parameter[index] = select(value, value - uniforms.learning_rate * direction, inside);
}
