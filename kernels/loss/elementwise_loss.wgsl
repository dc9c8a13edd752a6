// What losses of samples share, loss = evaluate(index): an invocation handles one `Element`, which is one sample or four
// (element_single.wgsl, element_vector.wgsl), and keeps each loss or their sum (losses_each.wgsl, losses_summed.wgsl). Put
// after a shader with `evaluate(index)`, which writes the gradients of an element and returns its losses.

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  if (index >= uniforms.count) {
    return;
  }
  loss[index] = to_keep(evaluate(index));
}
