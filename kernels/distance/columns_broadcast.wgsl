// The numbers of 32 rows of y, or of q, at four steps of k: each of the 8 invocations of a subgroup reads four rows, which
// are handed round. Put before pairwise.wgsl, after tile.wgsl.

@group(0) @binding(0) var<storage, read> y: array<vec4f>;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;

struct FourSteps {
  x: Row,
  y: Row,
  z: Row,
  w: Row,
}

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

fn spread(own: vec4f) -> Row {
  return Row(
    first_half(own.x),
    second_half(own.x),
    first_half(own.y),
    second_half(own.y),
    first_half(own.z),
    second_half(own.z),
    first_half(own.w),
    second_half(own.w),
  );
}

// Four rows' numbers at four steps, turned to the four steps of the four rows.
fn spread_steps(a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> FourSteps {
  return FourSteps(
    spread(vec4f(a.x, b.x, c.x, d.x)),
    spread(vec4f(a.y, b.y, c.y, d.y)),
    spread(vec4f(a.z, b.z, c.z, d.z)),
    spread(vec4f(a.w, b.w, c.w, d.w)),
  );
}

fn steps_of_y(first: u32, last: u32, lane: u32, stride: u32, k: u32) -> FourSteps {
  return spread_steps(
    y[min(first + lane, last) * stride + k],
    y[min(first + lane + 8u, last) * stride + k],
    y[min(first + lane + 16u, last) * stride + k],
    y[min(first + lane + 24u, last) * stride + k],
  );
}

fn steps_of_q(first: u32, last: u32, lane: u32, stride: u32, k: u32) -> FourSteps {
  return spread_steps(
    q[min(first + lane, last) * stride + k],
    q[min(first + lane + 8u, last) * stride + k],
    q[min(first + lane + 16u, last) * stride + k],
    q[min(first + lane + 24u, last) * stride + k],
  );
}
