// Thirty-two neighbouring numbers of a row of y, from the vector `first` on but none past the vector `last`: each of the 8
// invocations of a subgroup reads one vector, which is handed round. Put before pairwise_backward.wgsl, after tile.wgsl.

@group(0) @binding(0) var<storage, read> y: array<vec4f>;

fn row_of_y(start: u32, first: u32, last: u32, lane: u32) -> Row {
  let own = y[start + min(first + lane, last)];
  return Row(
    subgroupBroadcast(own, 0u),
    subgroupBroadcast(own, 1u),
    subgroupBroadcast(own, 2u),
    subgroupBroadcast(own, 3u),
    subgroupBroadcast(own, 4u),
    subgroupBroadcast(own, 5u),
    subgroupBroadcast(own, 6u),
    subgroupBroadcast(own, 7u),
  );
}
