// A row of a tile: thirty-two numbers. Put before the pairwise shaders.

struct Row {
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
  e: vec4f,
  f: vec4f,
  g: vec4f,
  h: vec4f,
}

fn add_square(sum: vec4f, difference: vec4f) -> vec4f {
  return fma(difference, difference, sum);
}

// sum + (x - y)^2
fn add_squares(sum: Row, x: f32, y: Row) -> Row {
  return Row(
    add_square(sum.a, x - y.a),
    add_square(sum.b, x - y.b),
    add_square(sum.c, x - y.c),
    add_square(sum.d, x - y.d),
    add_square(sum.e, x - y.e),
    add_square(sum.f, x - y.f),
    add_square(sum.g, x - y.g),
    add_square(sum.h, x - y.h),
  );
}

// sum + (p - q) (x - y)
fn add_products(sum: Row, p: f32, q: Row, x: f32, y: Row) -> Row {
  return Row(
    fma(p - q.a, x - y.a, sum.a),
    fma(p - q.b, x - y.b, sum.b),
    fma(p - q.c, x - y.c, sum.c),
    fma(p - q.d, x - y.d, sum.d),
    fma(p - q.e, x - y.e, sum.e),
    fma(p - q.f, x - y.f, sum.f),
    fma(p - q.g, x - y.g, sum.g),
    fma(p - q.h, x - y.h, sum.h),
  );
}

// sum + factor (x - y)
fn add_differences(sum: Row, factor: f32, x: Row, y: Row) -> Row {
  let weight = vec4f(factor);
  return Row(
    fma(weight, x.a - y.a, sum.a),
    fma(weight, x.b - y.b, sum.b),
    fma(weight, x.c - y.c, sum.c),
    fma(weight, x.d - y.d, sum.d),
    fma(weight, x.e - y.e, sum.e),
    fma(weight, x.f - y.f, sum.f),
    fma(weight, x.g - y.g, sum.g),
    fma(weight, x.h - y.h, sum.h),
  );
}

// x - y
fn difference_of(x: Row, y: Row) -> Row {
  return Row(x.a - y.a, x.b - y.b, x.c - y.c, x.d - y.d, x.e - y.e, x.f - y.f, x.g - y.g, x.h - y.h);
}

// x y
fn product_of(x: Row, y: Row) -> Row {
  return Row(x.a * y.a, x.b * y.b, x.c * y.c, x.d * y.d, x.e * y.e, x.f * y.f, x.g * y.g, x.h * y.h);
}
