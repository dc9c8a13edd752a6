// The sum of what `lanes` invocations of a workgroup have found, in a fixed order: sum = found_0 + found_1 + .... Put before
// shaders that state what `Sums` is.

override lanes: u32 = 64u;

// Two places for each invocation: while some still read the one, others write the other.
var<workgroup> partial: array<Sums, 128>;

// The sum, for each invocation: they exchange sums over distances of 32, 16, 8, 4, 2 and 1. All invocations of the workgroup
// must come here.
fn sum_over_lanes(local: u32, found: Sums) -> Sums {
  var sum = found;
  // Without the condition a driver may keep the barriers of a loop without rounds, which are dear.
  if (lanes > 1u) {
    var place = local;
    for (var distance = lanes / 2u; distance > 0u; distance /= 2u) {
      partial[place] = sum;
      workgroupBarrier();
      sum += partial[place ^ distance];
      place ^= 64u;
    }
  }
  return sum;
}
