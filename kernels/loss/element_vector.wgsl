// What losses work on: four samples at a time, put first.

alias Element = vec4f;

// The value, but x where that is NaN. By bits, since drivers turn comparisons with NaN round.
fn unless_nan(x: Element, value: Element) -> Element {
  return select(value, x, (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u));
}

// Two numbers of each sample, side by side.
struct Pair {
  a: vec4f,
  b: vec4f,
}

fn firsts(pair: Pair) -> Element {
  return vec4f(pair.a.xz, pair.b.xz);
}

fn seconds(pair: Pair) -> Element {
  return vec4f(pair.a.yw, pair.b.yw);
}

fn pair_of(first: Element, second: Element) -> Pair {
  return Pair(vec4f(first.x, second.x, first.y, second.y), vec4f(first.z, second.z, first.w, second.w));
}
