// Second stage of the gradient's norm: one workgroup adds all partials in a fixed order and writes what the optimisers
// and the host need: the norm, the factor that clips it, coefficient = min(1, max_norm / (norm + 1e-6)), and the first
// element that cannot be used.

struct Uniforms {
  partials: u32,
  max_norm: f32,
}

struct Partial {
  squares: f32,
  // Those of elements whose squares overflow, times 2^-160.
  large_squares: f32,
  bad: u32,
}

// 2^80.
const UP = 1.2089258196146292e24;

@group(0) @binding(0) var<storage, read> partials: array<Partial>;
@group(0) @binding(1) var<storage, read_write> status: Status;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

// Two places for each invocation: while some still read the one, others write the other.
var<workgroup> found: array<Partial, 128>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  var squares = 0.0;
  var large_squares = 0.0;
  var bad = NONE;
  for (var index = local; index < uniforms.partials; index += 64u) {
    let partial_sum = partials[index];
    squares += partial_sum.squares;
    large_squares += partial_sum.large_squares;
    bad = min(bad, partial_sum.bad);
  }
  var place = local;
  for (var distance = 32u; distance > 0u; distance /= 2u) {
    found[place] = Partial(squares, large_squares, bad);
    workgroupBarrier();
    let other = found[place ^ distance];
    squares += other.squares;
    large_squares += other.large_squares;
    bad = min(bad, other.bad);
    place ^= 64u;
  }
  if (local == 0u) {
    // A norm near 0 that comes from Gram matrices may be rounded below it.
    squares = select(squares, 0.0, squares < 0.0);
    var norm = sqrt(squares);
    if (large_squares > 0.0) {
      let large = sqrt(large_squares) * UP;
      let ratio = norm / large;
      norm = large * sqrt(1.0 + ratio * ratio);
    }
    let coefficient = min(1.0, uniforms.max_norm / (norm + 1e-6));
    status.norm = norm;
    status.bad = bad;
    status.coefficient = select(0.0, coefficient, bad == NONE);
  }
}
