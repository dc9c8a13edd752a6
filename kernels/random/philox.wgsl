// Philox4x32-10: four uniform 32-bit words from a 128-bit counter and a 64-bit key, the bits of philoxBlock.
// Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011). Put before shaders that draw.

fn multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let middle = a_high * b_low + ((a_low * b_low) >> 16u);
  let carry = a_low * b_high + (middle & 0xffffu);
  return a_high * b_high + (middle >> 16u) + (carry >> 16u);
}

fn philox_round(counter: vec4u, key: vec2u) -> vec4u {
  return vec4u(
    multiply_high(0xcd9e8d57u, counter.z) ^ counter.y ^ key.x,
    0xcd9e8d57u * counter.z,
    multiply_high(0xd2511f53u, counter.x) ^ counter.w ^ key.y,
    0xd2511f53u * counter.x,
  );
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  let weyl = vec2u(0x9e3779b9u, 0xbb67ae85u);
  var words = philox_round(counter, key);
  words = philox_round(words, key + weyl);
  words = philox_round(words, key + 2u * weyl);
  words = philox_round(words, key + 3u * weyl);
  words = philox_round(words, key + 4u * weyl);
  words = philox_round(words, key + 5u * weyl);
  words = philox_round(words, key + 6u * weyl);
  words = philox_round(words, key + 7u * weyl);
  words = philox_round(words, key + 8u * weyl);
  return philox_round(words, key + 9u * weyl);
}
