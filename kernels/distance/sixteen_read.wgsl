// Sixteen numbers of y or q, `stride` apart, from the `first` on but none past the `last`: every invocation reads them all.
// Put before the pairwise shaders, after sixteen.wgsl.

@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read> q: array<f32>;

fn four_of_y(start: u32, stride: u32, first: u32, last: u32) -> vec4f {
  return vec4f(
    y[start + stride * min(first, last)],
    y[start + stride * min(first + 1u, last)],
    y[start + stride * min(first + 2u, last)],
    y[start + stride * min(first + 3u, last)],
  );
}

fn four_of_q(start: u32, stride: u32, first: u32, last: u32) -> vec4f {
  return vec4f(
    q[start + stride * min(first, last)],
    q[start + stride * min(first + 1u, last)],
    q[start + stride * min(first + 2u, last)],
    q[start + stride * min(first + 3u, last)],
  );
}

fn sixteen_of_y(start: u32, stride: u32, first: u32, last: u32, lane: u32) -> Sixteen {
  return Sixteen(
    four_of_y(start, stride, first, last),
    four_of_y(start, stride, first + 4u, last),
    four_of_y(start, stride, first + 8u, last),
    four_of_y(start, stride, first + 12u, last),
  );
}

fn sixteen_of_q(start: u32, stride: u32, first: u32, last: u32, lane: u32) -> Sixteen {
  return Sixteen(
    four_of_q(start, stride, first, last),
    four_of_q(start, stride, first + 4u, last),
    four_of_q(start, stride, first + 8u, last),
    four_of_q(start, stride, first + 12u, last),
  );
}
