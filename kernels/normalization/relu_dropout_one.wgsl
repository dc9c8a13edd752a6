// What may follow a normalisation, for one element: rectifier and inverted dropout. Put before shaders whose uniform
// block has the fields of a dropout and its draw.

alias Element = f32;

// max(x, 0) that lets NaN pass. By bits, since drivers turn comparisons round: -0 and below, up to -infinity.
fn rectified(x: Element) -> Element {
  let bits = bitcast<u32>(x);
  return select(x, 0.0, bits >= 0x80000000u && bits <= 0xff800000u);
}

// 0 where dropout drops the element of that number, else 1 / (1 - p).
fn keep_factor(index: u32) -> Element {
  let counter = vec4u(index >> 2u, 0u, uniforms.step, uniforms.use_number);
  let words = philox(counter, vec2u(uniforms.seed, uniforms.stream));
  return select(0.0, uniforms.keep_scale, words[index & 3u] >= uniforms.threshold);
}
