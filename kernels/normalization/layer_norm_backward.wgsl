// Gradient of layer normalisation for its input, with g the gradient of the normalised value h:
// dx = (g - mean(g) - h mean(g h)) / standard deviation. One invocation a row, by vectors of four
// columns: for GPUs that are CPUs.

struct Uniforms {
  rows: u32,
  columns: u32,
  inverse_columns: f32,
  keep_scale: f32,
}

override affine: bool;
override relu: bool;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> statistics: array<vec2f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> y: array<vec4f>;
@group(0) @binding(4) var<storage, read> dy: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dx: array<vec4f>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// Gradient of the normalised value: back through dropout and rectifier (both of which y > 0 tells), then the weight.
fn normalized_gradient(index: u32, column: u32) -> vec4f {
  var gradient = dy[index];
  if (relu) {
    gradient = select(vec4f(0.0), gradient * uniforms.keep_scale, y[index] > vec4f(0.0));
  }
  if (affine) {
    gradient *= weight[column];
  }
  return gradient;
}

fn sum_of(values: vec4f) -> f32 {
  return (values.x + values.y) + (values.z + values.w);
}

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * 8u + local;
  if (row >= uniforms.rows) {
    return;
  }
  let vectors = uniforms.columns / 4u;
  let first = row * vectors;
  let mean = statistics[row].x;
  let deviation_inverse = statistics[row].y;

  var sums = vec4f(0.0);
  var products = vec4f(0.0);
  for (var i = 0u; i < vectors; i += 1u) {
    let gradient = normalized_gradient(first + i, i);
    sums += gradient;
    products += gradient * ((x[first + i] - mean) * deviation_inverse);
  }
  let mean_gradient = sum_of(sums) * uniforms.inverse_columns;
  let mean_product = sum_of(products) * uniforms.inverse_columns;

  for (var i = 0u; i < vectors; i += 1u) {
    let at = first + i;
    let normalized = (x[at] - mean) * deviation_inverse;
    dx[at] = (normalized_gradient(at, i) - mean_gradient - normalized * mean_product) * deviation_inverse;
  }
}
