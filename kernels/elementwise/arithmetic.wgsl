// Arithmetic on two numbers, put before binary.wgsl and broadcast.wgsl: a + b (0), a - b (1), a * b (2), a / b (3).
// `Element` is f32, or vec4f.

override operation: u32;

fn arithmetic(left: Element, right: Element) -> Element {
  switch operation {
    case 0u: {
      return left + right;
    }
    case 1u: {
      return left - right;
    }
    case 2u: {
      return left * right;
    }
    default: {
      return left / right;
    }
  }
}
