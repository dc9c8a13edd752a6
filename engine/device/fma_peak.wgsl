// y = the sum of 12 chains of x = x * factor + 0.5, each 4096 multiply-adds long: what an adapter's arithmetic can do when nothing else
// is in its way. The chains stay in registers and hide each other's latency.

struct Uniforms {
  count: u32,
  factor: f32,
}

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x;
  if (index >= uniforms.count) {
    return;
  }
  let factor = vec4f(uniforms.factor);
  let term = vec4f(0.5);
  var p = vec4f(f32(index));
  var q = p + 1.0;
  var r = p + 2.0;
  for (var i = 0u; i < 512u; i++) {
    p = fma(p, factor, term); q = fma(q, factor, term); r = fma(r, factor, term);
    p = fma(p, factor, term); q = fma(q, factor, term); r = fma(r, factor, term);
    p = fma(p, factor, term); q = fma(q, factor, term); r = fma(r, factor, term);
    p = fma(p, factor, term); q = fma(q, factor, term); r = fma(r, factor, term);
    p = fma(p, factor, term); q = fma(q, factor, term); r = fma(r, factor, term);
    p = fma(p, factor, term); q = fma(q, factor, term); r = fma(r, factor, term);
    p = fma(p, factor, term); q = fma(q, factor, term); r = fma(r, factor, term);
    p = fma(p, factor, term); q = fma(q, factor, term); r = fma(r, factor, term);
  }
  let sum = p + q + r;
  y[index] = (sum.x + sum.y) + (sum.z + sum.w);
}
