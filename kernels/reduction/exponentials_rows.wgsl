// exponentials.wgsl for rows, x [outer, size, 1], whose size is a multiple of four: sums of e^(x - greatest) over four
// numbers at a time. Put in its place.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;

fn exponential_of_four(x: vec4f) -> vec4f {
  return select(exp(x), x, (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u));
}

fn exponentials(first: u32, _stride: u32) -> Exponentials {
  let begin = first / 4u;
  let end = begin + uniforms.size / 4u;
  // The greatest of every fourth element, and where it is; then the greatest of these.
  var greatests = x[begin];
  var places = vec4u(begin);
  for (var at = begin + 1u; at < end; at += 1u) {
    let value = x[at];
    let greater = value > greatests;
    greatests = select(greatests, value, greater);
    places = select(places, vec4u(at), greater);
  }
  var greatest = greatests.x;
  var best = vec2u(places.x, 0u);
  for (var column = 1u; column < 4u; column += 1u) {
    if (greatests[column] > greatest) {
      greatest = greatests[column];
      best = vec2u(places[column], column);
    }
  }
  if ((bitcast<u32>(greatest) & 0x7f800000u) == 0x7f800000u) {
    greatest = 0.0;
  }
  let own = x[best.x][best.y];
  let is_best = vec4u(0u, 1u, 2u, 3u) == vec4u(best.y);
  var rest = vec4f(0.0);
  for (var at = begin; at < end; at += 1u) {
    let value = exponential_of_four(x[at] - greatest);
    rest += select(value, vec4f(0.0), is_best & vec4<bool>(at == best.x));
  }
  return Exponentials(greatest, (rest.x + rest.y) + (rest.z + rest.w), exponential(own - greatest));
}
