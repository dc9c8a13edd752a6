// relu_dropout_one.wgsl for four neighbouring elements at once; they share a Philox block.

alias Element = vec4f;

// max(x, 0) that lets NaN pass. By bits, since drivers turn comparisons round: -0 and below, up to -infinity.
fn rectified(x: Element) -> Element {
  let bits = bitcast<vec4u>(x);
  return select(x, vec4f(0.0), (bits >= vec4u(0x80000000u)) & (bits <= vec4u(0xff800000u)));
}

// 0 where dropout drops an element of the vector of that number, else 1 / (1 - p).
fn keep_factor(index: u32) -> Element {
  let counter = vec4u(index, 0u, uniforms.step, uniforms.use_number);
  let words = philox(counter, vec2u(uniforms.seed, uniforms.stream));
  return select(vec4f(0.0), vec4f(uniforms.keep_scale), words >= vec4u(uniforms.threshold));
}
