// Features of a sparse compositional metric: phi = r(t) s with r(t) = sqrt(softplus(t)), t the logit of a basis vector's
// weight and s the point's coordinate along it; its derivatives dphi/ds = r and dphi/dt = s sigmoid(t) / (2 r). Far below 0,
// where softplus(t) underflows, r is e^(t / 2) and dphi/dt = s r / 2. After stable.wgsl.

struct Uniforms {
  count: u32,
}

// Below, e^t adds nothing to 1 in f32.
const FAR_BELOW = -17.0;

@group(0) @binding(0) var<storage, read> t: array<f32>;
@group(0) @binding(1) var<storage, read> s: array<f32>;
@group(0) @binding(2) var<storage, read_write> phi: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient_t: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient_s: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (index >= uniforms.count) {
    return;
  }
  let t_i = t[index];
  let s_i = s[index];
  var r = exponential(0.5 * t_i);
  var slope = 0.5 * r;
  if (t_i > FAR_BELOW && !is_nan(t_i)) {
    r = sqrt(max(t_i, 0.0) + log_one_plus(exp(-abs(t_i))));
    slope = sigmoid(t_i) / (2.0 * r);
  }
  phi[index] = r * s_i;
  gradient_t[index] = slope * s_i;
  gradient_s[index] = r;
}
