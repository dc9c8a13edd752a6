// f(c) of four numbers, each by f = activation of activated.wgsl.
fn each(value: vec4f) -> vec4f {
  return vec4f(activation(value.x), activation(value.y), activation(value.z), activation(value.w));
}
