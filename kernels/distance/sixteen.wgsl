// A row of a tile: sixteen numbers. Put before the pairwise shaders.

struct Sixteen {
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
}

// sum + (x - y)^2
fn add_squares(sum: Sixteen, x: f32, y: Sixteen) -> Sixteen {
  let a = x - y.a;
  let b = x - y.b;
  let c = x - y.c;
  let d = x - y.d;
  return Sixteen(fma(a, a, sum.a), fma(b, b, sum.b), fma(c, c, sum.c), fma(d, d, sum.d));
}

// sum + (p - q) (x - y)
fn add_products(sum: Sixteen, p: f32, q: Sixteen, x: f32, y: Sixteen) -> Sixteen {
  return Sixteen(
    fma(p - q.a, x - y.a, sum.a),
    fma(p - q.b, x - y.b, sum.b),
    fma(p - q.c, x - y.c, sum.c),
    fma(p - q.d, x - y.d, sum.d),
  );
}

// sum + factor (x - y)
fn add_differences(sum: Sixteen, factor: f32, x: Sixteen, y: Sixteen) -> Sixteen {
  let factors = vec4f(factor);
  return Sixteen(
    fma(factors, x.a - y.a, sum.a),
    fma(factors, x.b - y.b, sum.b),
    fma(factors, x.c - y.c, sum.c),
    fma(factors, x.d - y.d, sum.d),
  );
}

// sum + factor (x - y)^2
fn add_scaled_squares(sum: Sixteen, factor: f32, x: Sixteen, y: Sixteen) -> Sixteen {
  let a = x.a - y.a;
  let b = x.b - y.b;
  let c = x.c - y.c;
  let d = x.d - y.d;
  return Sixteen(
    fma(factor * a, a, sum.a),
    fma(factor * b, b, sum.b),
    fma(factor * c, c, sum.c),
    fma(factor * d, d, sum.d),
  );
}
