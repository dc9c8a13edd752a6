// The numbers of 32 rows of y, or of q, at four steps of k: every invocation reads them all. Put before pairwise.wgsl, after
// tile.wgsl.

@group(0) @binding(0) var<storage, read> y: array<vec4f>;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;

struct FourSteps {
  x: Row,
  y: Row,
  z: Row,
  w: Row,
}

// Four rows of y, turned: a vector for each of the four steps.
fn four_of_y(first: u32, last: u32, stride: u32, k: u32) -> mat4x4f {
  return transpose(mat4x4f(
    y[min(first, last) * stride + k],
    y[min(first + 1u, last) * stride + k],
    y[min(first + 2u, last) * stride + k],
    y[min(first + 3u, last) * stride + k],
  ));
}

fn four_of_q(first: u32, last: u32, stride: u32, k: u32) -> mat4x4f {
  return transpose(mat4x4f(
    q[min(first, last) * stride + k],
    q[min(first + 1u, last) * stride + k],
    q[min(first + 2u, last) * stride + k],
    q[min(first + 3u, last) * stride + k],
  ));
}

fn steps_of_y(first: u32, last: u32, lane: u32, stride: u32, k: u32) -> FourSteps {
  let a = four_of_y(first, last, stride, k);
  let b = four_of_y(first + 4u, last, stride, k);
  let c = four_of_y(first + 8u, last, stride, k);
  let d = four_of_y(first + 12u, last, stride, k);
  let e = four_of_y(first + 16u, last, stride, k);
  let f = four_of_y(first + 20u, last, stride, k);
  let g = four_of_y(first + 24u, last, stride, k);
  let h = four_of_y(first + 28u, last, stride, k);
  return FourSteps(
    Row(a[0], b[0], c[0], d[0], e[0], f[0], g[0], h[0]),
    Row(a[1], b[1], c[1], d[1], e[1], f[1], g[1], h[1]),
    Row(a[2], b[2], c[2], d[2], e[2], f[2], g[2], h[2]),
    Row(a[3], b[3], c[3], d[3], e[3], f[3], g[3], h[3]),
  );
}

fn steps_of_q(first: u32, last: u32, lane: u32, stride: u32, k: u32) -> FourSteps {
  let a = four_of_q(first, last, stride, k);
  let b = four_of_q(first + 4u, last, stride, k);
  let c = four_of_q(first + 8u, last, stride, k);
  let d = four_of_q(first + 12u, last, stride, k);
  let e = four_of_q(first + 16u, last, stride, k);
  let f = four_of_q(first + 20u, last, stride, k);
  let g = four_of_q(first + 24u, last, stride, k);
  let h = four_of_q(first + 28u, last, stride, k);
  return FourSteps(
    Row(a[0], b[0], c[0], d[0], e[0], f[0], g[0], h[0]),
    Row(a[1], b[1], c[1], d[1], e[1], f[1], g[1], h[1]),
    Row(a[2], b[2], c[2], d[2], e[2], f[2], g[2], h[2]),
    Row(a[3], b[3], c[3], d[3], e[3], f[3], g[3], h[3]),
  );
}
