// What gradient_norm.wgsl finds out about a gradient. Put before the shaders of the optimisers.

const NONE = 0xffffffffu;

struct Status {
  norm: f32,
  // Factor that clips the gradient; 0 where an element cannot be used.
  coefficient: f32,
  // The first element that cannot be used, or NONE.
  bad: u32,
}
