// Dynamic loss scaling. The gradient was taken of scale x loss: this makes its status one of the loss, norm = norm / scale
// and coefficient = min(1, max_norm / (norm + 1e-6)) / scale, so that optimisers undo the scale as they clip. Then the scale
// goes on: times `backoff` where an element cannot be used (that step is skipped), times `growth` after `interval` good
// steps in a row.
// Micikevicius et al., "Mixed precision training" (2018), section 3.2; PyTorch's GradScaler.

struct Uniforms {
  max_norm: f32,
  growth: f32,
  backoff: f32,
  interval: f32,
}

// Counts are whole numbers, exact up to 2^24.
struct LossScale {
  scale: f32,
  // Since the scale last changed.
  good_steps: f32,
  skipped_steps: f32,
}

// 2^64: beyond it nothing is gained, and 1 / scale must stay a number.
const LARGEST = 18446744073709551616.0;

@group(0) @binding(0) var<storage, read_write> status: Status;
@group(0) @binding(1) var<storage, read_write> loss_scale: LossScale;
@group(1) @binding(0) var<uniform> uniforms: Uniforms;

fn unscale_and_move_on() {
  let scale = loss_scale.scale;
  let norm = status.norm / scale;
  status.norm = norm;
  if (status.bad != NONE) {
    // The norm's kernel has set the coefficient to 0.
    loss_scale = LossScale(scale * uniforms.backoff, 0.0, loss_scale.skipped_steps + 1.0);
    return;
  }
  status.coefficient = min(1.0, uniforms.max_norm / (norm + 1e-6)) / scale;
  let good_steps = loss_scale.good_steps + 1.0;
  if (good_steps < uniforms.interval) {
    loss_scale.good_steps = good_steps;
  } else {
    loss_scale.good_steps = 0.0;
    loss_scale.scale = min(scale * uniforms.growth, max(scale, LARGEST));
  }
}

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) workgroup: vec3u) {
  if (workgroup.x == 0u) {
    unscale_and_move_on();
  }
}
