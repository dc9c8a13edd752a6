// One step of Adagrad on a flat range of parameters, the gradient clipped by its status: with s the sum of squared
// gradients, parameter -= rate gradient / (sqrt(s) + epsilon). Weight decay is added to the gradient. Nothing changes where the
// gradient cannot be used. The count is of `Element`: f32, or vec4f where it allows.
// Duchi, Hazan, Singer, "Adaptive subgradient methods" (2011).

struct Uniforms {
  count: u32,
  learning_rate: f32,
  epsilon: f32,
  decay: f32,
}

@group(0) @binding(0) var<storage, read_write> parameter: array<Element>;
@group(0) @binding(1) var<storage, read> gradient: array<Element>;
@group(0) @binding(2) var<storage, read_write> square_sum: array<Element>;
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
  let sum = square_sum[index] + slope * slope;
  square_sum[index] = sum;
  parameter[index] = value - uniforms.learning_rate * slope / (sqrt(sum) + uniforms.epsilon);
}
