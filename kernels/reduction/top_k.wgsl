// position[outer, :k, inner] = those of the k greatest x[outer, i, inner] over i, greatest first, of equal ones the
// first; NaN counts as greater than any number. One invocation a line goes through it k times, each time for the greatest that
// comes after the last one found. A pass finds some of them, or goes on with one through a part of the line: `position`
// holds what the passes before have found. `rank` comes from rank.wgsl.

struct Uniforms {
  outer: u32,
  size: u32,
  inner: u32,
  k: u32,
  // What the pass finds: the places from `found` up to `found_end`.
  found: u32,
  found_end: u32,
  // Where it looks: the elements from `start` up to `end`.
  start: u32,
  end: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> position: array<u32>;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  let stride = uniforms.inner;
  if (index >= uniforms.outer * stride) {
    return;
  }
  let first = (index / stride) * uniforms.size * stride + index % stride;
  let place = (index / stride) * uniforms.k * stride + index % stride;
  for (var found = uniforms.found; found < uniforms.found_end; found += 1u) {
    var last = 0u;
    var last_rank = 0u;
    if (found > 0u) {
      last = position[place + (found - 1u) * stride];
      last_rank = rank(x[first + last * stride]);
    }
    var best = uniforms.size;
    var best_rank = 0u;
    if (uniforms.start > 0u) {
      best = position[place + found * stride];
      if (best < uniforms.size) {
        best_rank = rank(x[first + best * stride]);
      }
    }
    for (var i = uniforms.start; i < uniforms.end; i += 1u) {
      let this_rank = rank(x[first + i * stride]);
      let follows = found == 0u || this_rank < last_rank || (this_rank == last_rank && i > last);
      if (follows && (best == uniforms.size || this_rank > best_rank)) {
        best = i;
        best_rank = this_rank;
      }
    }
    position[place + found * stride] = best;
  }
}
