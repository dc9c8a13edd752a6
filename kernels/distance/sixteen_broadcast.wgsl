// Sixteen numbers of y or q, `stride` apart, from the `first` on but none past the `last`: each of the 8 invocations of a
// subgroup reads two, which are handed round. Put before the pairwise shaders, after sixteen.wgsl.

@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read> q: array<f32>;

fn first_half(own: f32) -> vec4f {
  return vec4f(
    subgroupBroadcast(own, 0u),
    subgroupBroadcast(own, 1u),
    subgroupBroadcast(own, 2u),
    subgroupBroadcast(own, 3u),
  );
}

fn second_half(own: f32) -> vec4f {
  return vec4f(
    subgroupBroadcast(own, 4u),
    subgroupBroadcast(own, 5u),
    subgroupBroadcast(own, 6u),
    subgroupBroadcast(own, 7u),
  );
}

fn sixteen_of_y(start: u32, stride: u32, first: u32, last: u32, lane: u32) -> Sixteen {
  let low = y[start + stride * min(first + lane, last)];
  let high = y[start + stride * min(first + 8u + lane, last)];
  return Sixteen(first_half(low), second_half(low), first_half(high), second_half(high));
}

fn sixteen_of_q(start: u32, stride: u32, first: u32, last: u32, lane: u32) -> Sixteen {
  let low = q[start + stride * min(first + lane, last)];
  let high = q[start + stride * min(first + 8u + lane, last)];
  return Sixteen(first_half(low), second_half(low), first_half(high), second_half(high));
}
