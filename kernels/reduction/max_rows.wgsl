// y = max over the columns of x [outer, size, 1], a multiple of four, and the position of the first of equal ones. NaN
// counts as greater than any number. One invocation a row. `rank` comes from rank.wgsl.

struct Uniforms {
  outer: u32,
  size: u32,
  inner: u32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> position: array<u32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * 8u + local;
  if (row >= uniforms.outer) {
    return;
  }
  let first = row * (uniforms.size / 4u);
  // The greatest of every fourth element and where it is first found; then the greatest of these.
  var ranks = ranks_of(x[first]);
  var places = vec4u(0u);
  for (var k = 1u; k < uniforms.size / 4u; k += 1u) {
    let value = ranks_of(x[first + k]);
    let greater = value > ranks;
    ranks = select(ranks, value, greater);
    places = select(places, vec4u(k), greater);
  }
  var best = 4u * places.x;
  var best_rank = ranks.x;
  for (var column = 1u; column < 4u; column += 1u) {
    let place = 4u * places[column] + column;
    if (ranks[column] > best_rank || (ranks[column] == best_rank && place < best)) {
      best = place;
      best_rank = ranks[column];
    }
  }
  y[row] = x[first + best / 4u][best & 3u];
  position[row] = best;
}

fn ranks_of(values: vec4f) -> vec4u {
  return vec4u(rank(values.x), rank(values.y), rank(values.z), rank(values.w));
}
