// The number of invocations in a subgroup, as a compute shader sees it.

@group(0) @binding(0) var<storage, read_write> size: u32;

@compute @workgroup_size(64)
fn main(@builtin(subgroup_size) subgroup_size: u32, @builtin(local_invocation_index) invocation: u32) {
  if (invocation == 0u) {
    size = subgroup_size;
  }
}
