// Thirty-two neighbouring numbers of a row of y, from the vector `first` on but none past the vector `last`: every invocation
// reads them all. Put before pairwise_backward.wgsl, after tile.wgsl.

@group(0) @binding(0) var<storage, read> y: array<vec4f>;

fn row_of_y(start: u32, first: u32, last: u32, lane: u32) -> Row {
  return Row(
    y[start + min(first, last)],
    y[start + min(first + 1u, last)],
    y[start + min(first + 2u, last)],
    y[start + min(first + 3u, last)],
    y[start + min(first + 4u, last)],
    y[start + min(first + 5u, last)],
    y[start + min(first + 6u, last)],
    y[start + min(first + 7u, last)],
  );
}
