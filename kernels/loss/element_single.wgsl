// What losses work on: one sample at a time, put first.

alias Element = f32;

// The value, but x where that is NaN. By bits, since drivers turn comparisons with NaN round.
fn unless_nan(x: Element, value: Element) -> Element {
  return select(value, x, (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u);
}

// Two numbers of each sample, side by side.
struct Pair {
  a: f32,
  b: f32,
}

fn firsts(pair: Pair) -> Element {
  return pair.a;
}

fn seconds(pair: Pair) -> Element {
  return pair.b;
}

fn pair_of(first: Element, second: Element) -> Pair {
  return Pair(first, second);
}
